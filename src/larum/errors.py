"""Every way in which a call can be refused: one family, mapped to HTTP once (`wire/rest_json.py`).

The first part is the nine exceptions that the service model gives to each operation; the second
part is the errors that AWS front ends add. No status code appears here: the modelled ones come from
the model, the others from one table beside the serializer.

Sources: the service model (`wire/data/security-ir.json`) and AWS's common errors,
https://docs.aws.amazon.com/security-ir/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Reason = Literal["UNKNOWN_OPERATION", "CANNOT_PARSE", "FIELD_VALIDATION_FAILED", "OTHER"]
TOLD_AT_MOST: Final = 10


class FieldFailure(msgspec.Struct, frozen=True):
    """One member that broke one constraint; `name` is a path: `incidentResponseTeam[3].email`.

    The message names the constraint and never the value, which may be sensitive.
    """

    name: str
    message: str


class ServiceError(Exception):
    """A refusal that the caller is told about; `message` is written for them."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def code(self) -> str:
        """The error's name on the wire, e.g. `ConflictException`."""
        return type(self).__name__

    def members(self) -> dict[str, object]:
        """Return the modelled body members beside `message`, in wire names, as far as present."""
        return {}


class AccessDeniedException(ServiceError):
    """The caller may not do this, or names a resource that is not theirs.

    `decision` is the access.policy.evaluate.Decision behind it, None where an operation refused by
    itself. It is for administrators (audit, why-denied) and never reaches the wire.
    """

    decision: object | None = None

    @classmethod
    def of(
        cls,
        principal_arn: str,
        action: str,
        resource: str,
        *,
        explicit: bool = False,
        policy: str = "identity-based policy",
    ) -> AccessDeniedException:
        """Build the refusal of `action` on `resource` (an ARN) in AWS's words.

        `explicit` says that a statement denies it, otherwise none allows it; `policy` is the kind
        of policy that does or does not. Texts:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
        """
        article = "an" if policy[0] in "aeiou" else "a"
        reason = (
            f"with an explicit deny in {article} {policy}"
            if explicit
            else f"because no {policy} allows the {action} action"
        )
        return cls(
            f"User: {principal_arn} is not authorized to perform: {action} on resource: {resource} "
            f"{reason}"
        )


class ConflictException(ServiceError):
    """The request cannot hold together with what exists; names the existing resource."""

    def __init__(self, message: str, *, resource_id: str, resource_type: str) -> None:
        super().__init__(message)
        self.resource_id = resource_id
        self.resource_type = resource_type

    def members(self) -> dict[str, object]:
        """Return resourceId and resourceType."""
        return {"resourceId": self.resource_id, "resourceType": self.resource_type}


class InternalServerException(ServiceError):
    """The outcome is unknown: retry with the same clientToken after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InvalidTokenException(ServiceError):
    """The clientToken names a request that is still running (service-behaviour §11 row 3)."""


class ResourceNotFoundException(ServiceError):
    """The request refers to something that does not exist."""


class SecurityIncidentResponseNotActiveException(ServiceError):
    """The service is not active for this account in this Region."""


class ServiceQuotaExceededException(ServiceError):
    """A quota is used up; names the quota and whose it is."""

    def __init__(
        self, message: str, *, resource_id: str, resource_type: str, quota_code: str
    ) -> None:
        super().__init__(message)
        self.resource_id = resource_id
        self.resource_type = resource_type
        self.quota_code = quota_code

    def members(self) -> dict[str, object]:
        """Return resourceId, resourceType, serviceCode and quotaCode."""
        return {
            "resourceId": self.resource_id,
            "resourceType": self.resource_type,
            "serviceCode": "security-ir",
            "quotaCode": self.quota_code,
        }


class ThrottlingException(ServiceError):
    """Too many calls; `retry_after_ms` is when the next one would be admitted, in milliseconds."""

    def __init__(self, message: str, *, retry_after_ms: int, quota_code: str) -> None:
        super().__init__(message)
        self.retry_after_ms = retry_after_ms
        self.quota_code = quota_code

    def members(self) -> dict[str, object]:
        """Return serviceCode and quotaCode."""
        return {"serviceCode": "security-ir", "quotaCode": self.quota_code}


class ValidationException(ServiceError):
    """The input breaks the model or a rule; every failing member is listed at once."""

    def __init__(
        self,
        message: str,
        *,
        reason: Reason = "OTHER",
        field_list: tuple[FieldFailure, ...] = (),
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.field_list = field_list

    @classmethod
    def of_fields(cls, failures: tuple[FieldFailure, ...]) -> ValidationException:
        """Build the exception that reports `failures` (at least one), worded as AWS words it."""
        count = len(failures)
        told = "; ".join(
            f"Value at '{failure.name}' failed to satisfy constraint: {failure.message}"
            for failure in failures[:TOLD_AT_MOST]
        )
        more = f"; and {count - TOLD_AT_MOST} more, see fieldList" if count > TOLD_AT_MOST else ""
        plural = "" if count == 1 else "s"
        return cls(
            f"{count} validation error{plural} detected: {told}{more}",
            reason="FIELD_VALIDATION_FAILED",
            field_list=failures,
        )

    def members(self) -> dict[str, object]:
        """Return reason, and fieldList where members failed."""
        if not self.field_list:
            return {"reason": self.reason}
        fields = [{"name": each.name, "message": each.message} for each in self.field_list]
        return {"reason": self.reason, "fieldList": fields}


class AccessDenied(ServiceError):
    """A signed URL is not valid, or no longer (reliability-and-security §4.3)."""


class ExpiredTokenException(ServiceError):
    """The session credentials have expired."""


class IncompleteSignatureException(ServiceError):
    """The Authorization header or the date cannot be understood."""


class InvalidSignatureException(ServiceError):
    """The signature, its scope or its time is wrong."""


class MalformedHttpRequestException(ServiceError):
    """The request is not one that HTTP or this API allows."""


class MalformedPolicyDocumentException(ServiceError):
    """A session policy cannot be understood; sts alone."""


class MissingAuthenticationTokenException(ServiceError):
    """The request is not signed."""


class PackedPolicyTooLargeException(ServiceError):
    """Session policies and tags do not fit into a session token; sts alone."""


class PreconditionFailed(ServiceError):
    """The bytes of an upload URL have been received already: it works once."""


class RequestEntityTooLargeException(ServiceError):
    """The body is larger than the operation's largest legal input."""


class RequestTimeoutException(ServiceError):
    """The request did not arrive in time."""


class ServiceUnavailable(ServiceError):
    """The server is shutting down or full; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnknownOperationException(ServiceError):
    """No operation has this method and path, or it is not built yet."""


class UnrecognizedClientException(ServiceError):
    """The access key or the session token is not known here."""
