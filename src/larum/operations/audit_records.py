"""What the audit says of one call, in CloudTrail's words: ids and names, and no sensitive text.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.operations.case_edits import in_record

if TYPE_CHECKING:
    from datetime import datetime

    from larum.context import Caller, Context
    from larum.domain.sessions import Session
    from larum.errors import ServiceError
    from larum.operations.case_edits import CaseEdit

EVENT_VERSION: Final = "1.09"
# How a record names each service; AWS's as CloudTrail does.
EVENT_SOURCES: Final = {
    "security-ir": "security-ir.amazonaws.com",
    "sts": "sts.amazonaws.com",
    "larum": "larum",
}


def audit_record(
    context: Context,
    service: str,
    parameters: object,
    resource: str,
    elements: object,
    edit: CaseEdit | None = None,
    *,
    replayed: bool,
) -> dict[str, Any]:
    """Return the record of a call of `service` on `resource` (an ARN, or `*`).

    `parameters` are what was given with `***` for every text that is not known to be harmless,
    `elements` is the answer without what is sensitive in it, `edit` what the call changed of a
    case. No errorCode: a call that fails in another way than by a denial leaves no record.
    """
    record = event(
        service,
        context.operation,
        region=context.region,
        source_ip=context.source_ip,
        request_id=context.request_id,
        now=context.now,
        identity=user_identity(context.caller),
    )
    record |= {
        "requestParameters": parameters,
        "resources": [resource],
        "responseElements": elements,
        "replayed": replayed,
    }
    return record if edit is None else record | in_record(edit)


def event(
    service: str,
    name: str,
    *,
    region: str,
    source_ip: str,
    request_id: str,
    now: datetime,
    identity: dict[str, Any],
    read_only: bool = False,
) -> dict[str, Any]:
    """Return what every record says: operation `name` of `service` was asked for, by `identity`."""
    return {
        "eventVersion": EVENT_VERSION,
        "eventType": "AwsApiCall",
        "readOnly": read_only,
        "eventTime": now.isoformat(),
        "eventSource": EVENT_SOURCES[service],
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": source_ip,
        "requestID": request_id,
        "userIdentity": identity,
    }


def refusal(error: ServiceError, parameters: object, resources: list[str]) -> dict[str, Any]:
    """Return what the record of a denied call says beside `event`: which error, and of what.

    `parameters` as for `audit_record`; the error's text is what the caller was told.
    """
    return {
        "errorCode": error.code,
        "errorMessage": error.message,
        "requestParameters": parameters,
        "resources": resources,
        "responseElements": None,
    }


def user_identity(caller: Caller) -> dict[str, Any]:
    """Return CloudTrail's userIdentity of who signed.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """
    identity = {
        "type": "Root" if caller.principal.is_root else "IAMUser",
        "arn": caller.principal.arn,
        "accountId": caller.account,
        "accessKeyId": caller.access_key_id,
    }
    return identity if caller.session is None else identity | _session_identity(caller.session)


def _session_identity(session: Session) -> dict[str, Any]:
    context: dict[str, Any] = {
        "attributes": {
            "creationDate": session.issued_at.isoformat(),
            "mfaAuthenticated": str(session.multi_factor).lower(),
        }
    }
    if session.principal == session.identity:
        return {"sessionContext": context}
    context["sessionIssuer"] = {
        "type": "Role",
        "arn": session.identity.arn,
        "accountId": session.identity.account,
        "principalId": session.identity_id,
    }
    return {"type": "AssumedRole", "sessionContext": context}


def owner(resource: str, caller: str) -> str:
    """Return the account in whose chain a call on `resource` belongs: the one that owns it.

    What has no owner, `*`, belongs to the `caller`.
    """
    return caller if resource == "*" else resource.split(":", 5)[4]
