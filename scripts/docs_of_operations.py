"""Documentation of the API, from the service model and the tables of the code.

What the model cannot know, why an operation answers with an error *here*, stands in CAUSES: one
sentence for each pair that has a cause in this release, and nothing for the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from larum.access import throttle
from larum.operations import OPERATIONS
from larum.wire import model
from larum.wire.model import Location, ShapeType, TextRule
from larum.wire.rest_json import COMMON_STATUS
from scripts.docs_of_program import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from larum.wire.model import Member, Operation, Shape

MODEL: Final = model.load("security-ir")

# So many values of an enum are not listed again in a response.
MANY: Final = 6
SHARED: Final = {
    "InternalServerException": "The storage failed, or the server made a mistake. "
    "The outcome of a write is not known: send it again.",
    "SecurityIncidentResponseNotActiveException": "The Region is not served here (`--region`).",
    "ThrottlingException": "More calls a second than [`--throttle`](../settings.md#throttling) "
    "admits. Never in process, where it is off.",
    "ValidationException": "A member breaks the model: all failing ones are in `fieldList`. "
    "Or the body cannot be parsed.",
}
_NOT_YOURS: Final = (
    "The membership is not the caller's in this Region, whether it exists or not. "
    "Both answers are the same."
)
_TAGGED: Final = {
    "AccessDeniedException": "The resource is not the caller's in this Region, "
    "whether it exists or not.",
    "ResourceNotFoundException": "The ARN is that of a case which does not exist or is of a former "
    "membership.",
    "SecurityIncidentResponseNotActiveException": "The Region is not served here (`--region`), or "
    "the ARN is that of a case and the account has no Active membership in the Region, or the "
    "service is [switched off](../directory.md) for it.",
}
_CLOSED: Final = "The case is Closed, which is final (resourceType `Case`)."
_TAGS_CHANGED: Final = {**_TAGGED, "ConflictException": f"The ARN is that of a case. {_CLOSED}"}
_NOT_ACTIVE: Final = (
    "The Region is not served here (`--region`), or the service is [switched off](../directory.md) "
    "for the account"
)
_NO_MEMBERSHIP: Final = f"{_NOT_ACTIVE}, or it has no Active membership in the Region."
_OF_CASE: Final = {
    "ResourceNotFoundException": "The case does not exist, is another account's or of a former "
    "membership. All answers are the same.",
    "SecurityIncidentResponseNotActiveException": _NO_MEMBERSHIP,
}
_BAD_PAGE: Final = (
    "A member breaks the model, or `nextToken` is not from this list, these parameters and the "
    "last 24 hours."
)
_IN_FLIGHT: Final = (
    "The first request with this clientToken was still running after `--in-flight-wait`. SDKs send "
    "it again by themselves."
)
_LIMIT: Final = "The administrator's limit of"
CAUSES: Final[Mapping[str, Mapping[str, str]]] = {
    "BatchGetMemberAccountDetails": {"AccessDeniedException": _NOT_YOURS},
    "CancelMembership": {"AccessDeniedException": _NOT_YOURS},
    "CloseCase": _OF_CASE,
    "CreateCase": {
        "ConflictException": "The clientToken was used with other parameters (resourceType "
        "`Case`).",
        "InvalidTokenException": _IN_FLIGHT,
        "SecurityIncidentResponseNotActiveException": _NO_MEMBERSHIP,
        "ServiceQuotaExceededException": "The membership has as many open cases of this resolver "
        "as it may, or has created as many AWS-supported ones in 24 hours: "
        "[The directory](../directory.md).",
    },
    "CreateCaseComment": {
        **_OF_CASE,
        "ConflictException": "The case is Closed (resourceType `Case`); or the clientToken was "
        "used with other parameters (`Comment`).",
        "InvalidTokenException": _IN_FLIGHT,
        "ServiceQuotaExceededException": "The case has had 1,000,000 comments (quotaCode "
        "`LARUM-COMMENTS`).",
    },
    "CreateMembership": {
        "AccessDeniedException": "The caller is a member account of an organization, neither its "
        "management account nor its delegated administrator; or trusted access is off.",
        "ConflictException": "The account, or its organization, has an Active membership "
        "(resourceType `Membership`, in whatever Region); the clientToken was used with other "
        "parameters (the same); two responders share an e-mail address (`IncidentResponder`).",
        "InvalidTokenException": _IN_FLIGHT,
        "ResourceNotFoundException": "`coverEntireOrganization` is true, and the account is in no "
        "organization.",
        "SecurityIncidentResponseNotActiveException": f"{_NOT_ACTIVE}.",
        "ServiceQuotaExceededException": f"{_LIMIT} memberships, or of accounts that one covers, "
        "would be exceeded: [The directory](../directory.md).",
        "ValidationException": "A member breaks the model: all failing ones are in `fieldList`. Or "
        "a feature is named twice, or the body cannot be parsed.",
    },
    "GetCase": _OF_CASE,
    "GetCaseAttachmentDownloadUrl": {
        **_OF_CASE,
        "ResourceNotFoundException": "The case does not exist, is another account's or of a former "
        "membership, or has no such attachment; or its bytes were deleted after their retention "
        "(`--attachment-retention`).",
        "ValidationException": "The attachment is still pending, or Failed; or a member breaks "
        "the model.",
    },
    "GetCaseAttachmentUploadUrl": {
        **_OF_CASE,
        "ConflictException": "The case is Closed (resourceType `Case`); it has an attachment of "
        "that name that has not Failed, or the clientToken was used with other parameters "
        "(`Attachment`).",
        "InvalidTokenException": _IN_FLIGHT,
        "ResourceNotFoundException": "The case does not exist, is another account's or of a former "
        "membership; or the clientToken made an attachment that Failed and was replaced.",
        "ServiceQuotaExceededException": "The case has fifty attachments that have not Failed "
        "(quotaCode `LARUM-ATTACHMENTS`).",
    },
    "GetFindingMetrics": {
        "AccessDeniedException": _NOT_YOURS,
        "ValidationException": "A member breaks the model; or `endDate` is before `startDate`, or "
        "the window has more than 366 days.",
    },
    "GetMembership": {"AccessDeniedException": _NOT_YOURS},
    "ListCaseEdits": {**_OF_CASE, "ValidationException": _BAD_PAGE},
    "ListCases": {
        "SecurityIncidentResponseNotActiveException": _NO_MEMBERSHIP,
        "ValidationException": f"{_BAD_PAGE} The 24 hours are those since the first page.",
    },
    "ListComments": {**_OF_CASE, "ValidationException": _BAD_PAGE},
    "ListInvestigations": {**_OF_CASE, "ValidationException": _BAD_PAGE},
    "ListMemberships": {"ValidationException": _BAD_PAGE},
    "ListTagsForResource": _TAGGED,
    "SendFeedback": {
        **_OF_CASE,
        "ConflictException": "The case is Closed (resourceType `Case`).",
        "ResourceNotFoundException": "The case does not exist in the caller's Active membership, "
        "or it has no such investigation.",
    },
    "TagResource": {
        **_TAGS_CHANGED,
        "ValidationException": "A member breaks the model, a key begins with `aws:`, or the "
        "resource would have more than 200 tags.",
    },
    "UntagResource": _TAGS_CHANGED,
    "UpdateCase": {
        **_OF_CASE,
        "ConflictException": _CLOSED,
        "ValidationException": "A member breaks the model, a key of `caseMetadata` is given twice, "
        "or a list of the case would become longer than the model allows.",
    },
    "UpdateCaseComment": {
        **_OF_CASE,
        "AccessDeniedException": "The comment is the responder's or the service's: a customer "
        "edits only customers' comments.",
        "ConflictException": "The case is Closed (resourceType `Case`).",
        "ResourceNotFoundException": "The case does not exist in the caller's Active membership, "
        "or it has no such comment.",
    },
    "UpdateCaseStatus": {
        **_OF_CASE,
        "ConflictException": f"{_CLOSED} Or its status cannot become this one: "
        "[states](../states.md#states-of-a-case).",
        "ValidationException": "A member breaks the model, or the case is AWS-supported: its "
        "responders set its status.",
    },
    "UpdateMembership": {
        "AccessDeniedException": f"{_NOT_YOURS} Or an undo by an account that may not create a "
        "membership.",
        "ConflictException": "The membership is not Active, and more than an undo is asked for, or "
        "it is Terminated; or an undo while there is another Active membership (resourceType "
        "`Membership`); two responders share an e-mail address (`IncidentResponder`).",
        "ResourceNotFoundException": "An organizational unit does not exist, or the account is in "
        "no organization.",
        "SecurityIncidentResponseNotActiveException": f"{_NOT_ACTIVE} and an undo is asked for.",
        "ServiceQuotaExceededException": f"{_LIMIT} accounts that a membership covers would be "
        "exceeded, or that of memberships by an undo.",
        "ValidationException": "A member breaks the model; `undoMembershipCancellation` is false; "
        "a unit is added and removed at once; units come together with "
        "`coverEntireOrganization`; a feature is named twice.",
    },
    "UpdateResolverType": {
        **_OF_CASE,
        "ConflictException": _CLOSED,
        "ServiceQuotaExceededException": "The membership has as many open AWS-supported cases as "
        "it may: [The directory](../directory.md).",
        "ValidationException": "A member breaks the model, or the case is AWS-supported and "
        "`Self` is asked for.",
    },
}
# Measured with botocore's standard mode, which is the default: service-behaviour §3.2.
RETRIED: Final = frozenset(
    {"InternalServerException", "InvalidTokenException", "ThrottlingException"}
)
FRONT_END: Final[Mapping[str, str]] = {
    "AccessDenied": "A signed URL of an attachment is expired, altered, used with another "
    "method, Host or length, or its case or access key does not allow it any more.",
    "ExpiredTokenException": "[Session credentials](sessions.md) have expired.",
    "IncompleteSignatureException": "The Authorization header or the date cannot be understood.",
    "InvalidSignatureException": "Wrong signature, Region or service in the credential scope, or a "
    "clock that is more than 5 minutes off.",
    "MalformedHttpRequestException": "Not HTTP as this API allows it: two Host headers, a Host not "
    "in `--allowed-host`, a body that is not declared as JSON, a path with dot segments.",
    "MalformedPolicyDocumentException": "A [session policy](sessions.md) cannot be "
    "understood; each fault with its place.",
    "MissingAuthenticationTokenException": "The request is not signed.",
    "PackedPolicyTooLargeException": "Session policies and tags do not fit into a "
    "[session token](sessions.md).",
    "PreconditionFailed": "The upload URL was used already: it takes its bytes once.",
    "RequestEntityTooLargeException": "The body is larger than the operation's largest legal input "
    "can be (16 KiB to 4 MiB).",
    "RequestTimeoutException": "Headers or body did not arrive within their deadline.",
    "ServiceUnavailable": "The server is shutting down, or has all the connections it can hold.",
    "UnknownOperationException": "No operation has this method and path, or it "
    "[does not work yet](coverage.md).",
    "UnrecognizedClientException": "The access key is unknown or inactive, or the session token is "
    "not its own; or its user or role is gone.",
}
TEXT_RULES: Final = {
    TextRule.LINE: "no control characters",
    TextRule.PROSE: "no control characters but tab and line ends",
    TextRule.TAG_KEY: "letters, digits, spaces and `_.:/=+-@`, not beginning with `aws:`",
    TextRule.TAG_VALUE: "letters, digits, spaces and `_.:/=+-@`",
}
UNITS: Final = {ShapeType.STRING: "characters", ShapeType.LIST: "items", ShapeType.MAP: "entries"}


def coverage(_argument: str) -> str:
    """Return the table of all operations and which of them work."""
    return table(
        ("Operation", "Works", "boto3", "Method and path"),
        (_coverage_row(each) for _, each in sorted(MODEL.operations.items())),
    )


def _coverage_row(operation: Operation) -> list[str]:
    entry = OPERATIONS.get(operation.name)
    route = f"`{operation.method} {operation.uri}`"
    if entry is None:
        return [operation.name, "not yet", "—", route]
    python = entry.function.__name__
    return [operation.name, "yes", f"[`{python}`](operations/{python}.md)", route]


def operation(name: str) -> str:
    """Return the route, the action and the members of an operation."""
    described = MODEL.operations[name]
    entry = OPERATIONS[name]
    facts = [
        f"`{described.method} {described.uri}`, answers {described.status}.",
        f"boto3: `client.{entry.function.__name__}(...)`. IAM action: `security-ir:{name}`.",
    ]
    if described.token:
        facts.append(f"`{described.token}` makes it [repeatable](../idempotency.md).")
    parts = [" ".join(facts), "## Request", members(described.input, request=True)]
    parts += ["## Response", members(described.output, request=False)]
    return "\n\n".join(parts)


def members(shape: Shape | None, *, request: bool) -> str:
    """Return the table of the members of a request or a response, nested ones too."""
    if shape is None or not shape.members:
        return "No members."
    rows = [
        ["`" + path + "`", *(["yes" if member.required else ""] if request else []), told]
        for path, member, told in _walk(shape, "", request=request)
    ]
    if request:
        return table(("Member", "Required", "What it may be"), rows)
    return table(("Member", "What it is"), rows)


def _walk(shape: Shape, path: str, *, request: bool) -> Iterator[tuple[str, Member, str]]:
    for member in shape.members:
        where = f"{path}{member.name}"
        notes = [_kind(member.shape, request=request), *_notes(member, request=request)]
        yield where, member, ", ".join(note for note in notes if note)
        item = member.shape.item
        inner = item if item is not None and item.members else member.shape
        yield from _walk(inner, f"{where}[]." if inner is item else f"{where}.", request=request)


def _kind(shape: Shape, *, request: bool) -> str:
    if len(shape.enum) > MANY and not request:
        return f"one of {len(shape.enum)} values, such as `{shape.enum[0]}`"
    if shape.enum:
        return "one of " + ", ".join(f"`{value}`" for value in shape.enum)
    parts = [str(shape.type), *(_limits(shape) if request else ())]
    for inner, word in ((shape.key, "keys"), (shape.value, "values"), (shape.item, "items")):
        if inner is not None and not inner.members:
            parts.append(f"{word}: {_kind(inner, request=request)}")
    return "; ".join(parts) if shape.key else ", ".join(parts)


def _limits(shape: Shape) -> Iterator[str]:
    unit = UNITS.get(shape.type, "")
    if shape.minimum is not None or shape.maximum is not None:
        least = 0 if shape.minimum is None else shape.minimum
        span = f"at least {least}" if shape.maximum is None else f"{least} to {shape.maximum}"
        yield f"{span} {unit}".strip()
    if shape.unique_items:
        yield "no two alike"
    if shape.pattern:
        yield f"`` {shape.pattern} ``" if "`" in shape.pattern else f"`{shape.pattern}`"
    if shape.text in TEXT_RULES:
        yield TEXT_RULES[shape.text]


def _notes(member: Member, *, request: bool) -> Iterator[str]:
    if member.shape.sensitive:
        yield "sensitive"
    if not request:
        return
    if member.location is Location.URI:
        yield "in the path"
    elif member.location is Location.QUERY:
        yield f"in the query as `{member.location_name}`"
    if member.idempotency_token:
        yield "filled in by the SDKs when absent"
    if isinstance(member.default, list) and member.default:
        yield f"default: all {len(member.default)}"
    elif member.default is not None and not isinstance(member.default, list | dict):
        yield f"default `{str(member.default).lower()}`"


def operation_errors(name: str) -> str:
    """Return the table of the nine errors and what causes them in this operation."""
    causes = {**SHARED, **CAUSES.get(name, {})}
    if OPERATIONS[name].everywhere:
        del causes["SecurityIncidentResponseNotActiveException"]
    errors = [MODEL.errors[each] for each in MODEL.operations[name].errors]
    rows = [
        [f"[{each.name}](../errors.md#{each.name.lower()})", str(each.status), causes[each.name]]
        for each in errors
        if each.name in causes
    ]
    others = [f"`{each.name}`" for each in errors if each.name not in causes]
    verb = "has" if len(others) == 1 else "have"
    after = f"{', '.join(others)} {verb} no cause here in this release." if others else ""
    return f"{table(('Error', 'Status', 'Cause'), rows)}\n\n{after}"


def error(name: str) -> str:
    """Return status, members and retries of a modelled error."""
    shape = MODEL.errors[name]
    body = [each for each in shape.members if each.location is None]
    members = ", ".join(f"`{each.name}`{'' if each.required else ' (not always)'}" for each in body)
    retried = "yes, up to three attempts" if name in RETRIED else "no"
    headers = [each.location_name for each in shape.members if each.location is Location.HEADER]
    more = f" Header: `{headers[0]}`, in seconds." if headers else ""
    return f"HTTP {shape.status}. Members: {members}.{more} Sent again by boto3 itself: {retried}."


def front_end_errors(_argument: str) -> str:
    """Return the table of the errors that are in front of every operation."""
    rows = [[f"`{name}`", str(status), FRONT_END[name]] for name, status in COMMON_STATUS.items()]
    return table(("Error", "Status", "Cause"), rows)


def throttle_rates(_argument: str) -> str:
    """Return the rates of the operations that work, by mode."""
    rows = []
    for name in sorted(OPERATIONS):
        cells = []
        for mode in ("standard", "aws"):
            found = throttle.MODES[mode]
            rate = found.rates.get(name, found.others)
            cells.append("no limit" if rate is None else _rate(rate, name))
        rows.append([name, *cells])
    return table(("Operation", "`standard`", "`aws`"), rows)


def _rate(rate: throttle.Rate, name: str) -> str:
    shared = "" if rate.name == name else f", all {rate.name} together"
    return f"{rate.per_second:g}/s, burst {rate.burst:g}{shared}"
