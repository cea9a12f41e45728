"""What makes each operation answer with each exception, as calls: CAUSES.

A row is a cause: its exception, the operations that it applies to, and a function that brings the
circumstances about and gives the call that must be refused. The exceptions that come from the
circumstances of the server (its disk, its rates, requests in flight) are in test_every_error.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from larum.operations import OPERATIONS
from tests.conformance.page import smallest
from tests.edge.larum_servers import ADMINISTRATOR, UNCHECKED
from tests.errors.stage import (
    NOBODYS_CASE,
    NOBODYS_MEMBERSHIP,
    Attempt,
    Stage,
    opening,
    params_of,
)
from tests.wire.examples import example
from tests.wire.services import operation as operation_of
from tests.wire.violations import violations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Circumstances = Callable[[Stage, str], Attempt]

OTHER_ACCOUNT: Final = "444455556666"
MEMBER: Final = "222222222222"
MOST_COMMENTS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Cause:
    """Why `operations` answer with `exception`; `alone` for what changes the whole installation."""

    exception: str
    name: str
    operations: tuple[str, ...]
    circumstances: Circumstances
    alone: bool = False


ALL: Final = tuple(sorted(OPERATIONS))
OF_A_MEMBERSHIP: Final = (
    "BatchGetMemberAccountDetails",
    "CancelMembership",
    "GetFindingMetrics",
    "GetMembership",
    "UpdateMembership",
)
OF_AN_ARN: Final = ("ListTagsForResource", "TagResource", "UntagResource")
OF_A_CASE: Final = tuple(each for each in ALL if "caseId" in params_of(each))
ABOUT_CASES: Final = ("CreateCase", "ListCases", *OF_A_CASE, *OF_AN_ARN)
# Those that change a case, apart from CloseCase: it answers with the first closedDate.
OF_AN_OPEN_CASE: Final = (
    *(each for each in OF_A_CASE if OPERATIONS[each].writes and each != "CloseCase"),
    "TagResource",
    "UntagResource",
)
WITH_TOKEN: Final = tuple(each for each in ALL if OPERATIONS[each].makes)


# AccessDeniedException


def foreign_membership(stage: Stage, operation: str) -> Attempt:
    """Name the membership of another account."""
    other = Stage(stage.door, str(int(stage.account) + 500_000_000))
    return Attempt(stage.client, stage.params(operation, membership_id=other.membership_id))


def nobodys_membership(stage: Stage, operation: str) -> Attempt:
    """Name a membership that nobody has."""
    return Attempt(stage.client, stage.params(operation, membership_id=NOBODYS_MEMBERSHIP))


def foreign_arn(stage: Stage, operation: str) -> Attempt:
    """Name a case of another account by its ARN."""
    other = Stage(stage.door, str(int(stage.account) + 500_000_000))
    params = other.params(operation, other.case())
    return Attempt(stage.client, params)


def plain_member(stage: Stage, operation: str) -> Attempt:
    """Call from an account that is a plain member of an organization."""
    stage.door.apply(organization={"accounts": [{"id": MEMBER}]})
    return Attempt(stage.door.client(MEMBER, config=UNCHECKED), params_of(operation))


def comment_of_the_responder(stage: Stage, operation: str) -> Attempt:
    """Name a comment that the responder wrote."""
    case_id = stage.case("AWS")
    stage.responder.create_case_comment(
        accountId=stage.account, region="us-east-1", caseId=case_id, body="Which hosts?"
    )
    return stage.attempt(operation, case_id)


# ConflictException


def closed_case(stage: Stage, operation: str) -> Attempt:
    """Change a case that is Closed."""
    case_id = stage.closed_case()
    return stage.attempt(operation, case_id, resourceType="Case", resourceId=case_id)


def illegal_move(stage: Stage, operation: str) -> Attempt:
    """Move a case back to Submitted."""
    case_id = stage.case()
    stage.client.update_case_status(caseId=case_id, caseStatus="Detection and Analysis")
    attempt = stage.attempt(operation, case_id, resourceType="Case", resourceId=case_id)
    attempt.params["caseStatus"] = "Submitted"
    return attempt


def token_of_another_case(stage: Stage, operation: str) -> Attempt:
    """Open a case with the token of another one."""
    first = stage.case(clientToken="once")
    params = opening(clientToken="once", title="Another one")
    assert operation == "CreateCase"
    return Attempt(stage.client, params, {"resourceType": "Case", "resourceId": first})


def token_of_another_comment(stage: Stage, operation: str) -> Attempt:
    """Write a comment with the token of another one."""
    attempt = stage.attempt(operation, stage.case(), resourceType="Comment")
    first = stage.client.create_case_comment(**attempt.params)
    attempt.params["body"] = "Another one"
    attempt.members["resourceId"] = first["commentId"]
    return attempt


def token_of_another_upload(stage: Stage, operation: str) -> Attempt:
    """Ask for an upload with the token of another one."""
    case_id = stage.case()
    attempt = stage.attempt(operation, case_id, resourceType="Attachment")
    stage.client.get_case_attachment_upload_url(**attempt.params)
    attempt.params["fileName"] = "another.bin"
    (attached,) = stage.client.get_case(caseId=case_id)["caseAttachments"]
    attempt.members["resourceId"] = attached["attachmentId"]
    return attempt


def file_name_twice(stage: Stage, operation: str) -> Attempt:
    """Ask for an upload of a name that the case has."""
    case_id = stage.case()
    attempt = stage.attempt(operation, case_id, resourceType="Attachment")
    stage.client.get_case_attachment_upload_url(**attempt.params | {"clientToken": "first"})
    (attached,) = stage.client.get_case(caseId=case_id)["caseAttachments"]
    attempt.members["resourceId"] = attached["attachmentId"]
    return attempt


def second_membership(stage: Stage, operation: str) -> Attempt:
    """Create a membership where there is one."""
    members = {"resourceType": "Membership", "resourceId": stage.membership_id}
    assert operation == "CreateMembership"
    return Attempt(stage.client, smallest(), members)


def responder_twice(stage: Stage, operation: str) -> Attempt:
    """Name the same address twice, in other letters."""
    team = [dict(each) for each in smallest()["incidentResponseTeam"]]
    team[1]["email"] = team[0]["email"].swapcase()
    params = smallest(incidentResponseTeam=team)
    if operation == "UpdateMembership":
        params = {"membershipId": stage.membership_id, "incidentResponseTeam": team}
    return Attempt(stage.client, params, {"resourceType": "IncidentResponder"})


def cancelled_membership(stage: Stage, operation: str) -> Attempt:
    """Rename a membership that is Cancelled."""
    named = {"membershipId": stage.membership_id}
    stage.client.cancel_membership(**named)
    members = {"resourceType": "Membership", "resourceId": stage.membership_id}
    assert operation == "UpdateMembership"
    return Attempt(stage.client, named | {"membershipName": "Another name"}, members)


# ResourceNotFoundException


def nobodys_case(stage: Stage, operation: str) -> Attempt:
    """Name a case that nobody has."""
    assert stage.membership_id
    return stage.attempt(operation, NOBODYS_CASE)


def foreign_case(stage: Stage, operation: str) -> Attempt:
    """Name a case of another account by its id."""
    other = Stage(stage.door, str(int(stage.account) + 500_000_000))
    assert stage.membership_id
    return stage.attempt(operation, other.case())


def case_of_a_former_membership(stage: Stage, operation: str) -> Attempt:
    """Name a case of the membership before this one."""
    case_id = stage.case()
    stage.client.cancel_membership(membershipId=stage.membership_id)
    stage.client.create_membership(**smallest())
    return stage.attempt(operation, case_id)


def nothing_of_that_id(stage: Stage, operation: str) -> Attempt:
    """Name a comment, an investigation or an attachment that the case does not have."""
    return stage.attempt(operation, stage.case())


def no_organization(stage: Stage, operation: str) -> Attempt:
    """Cover an entire organization from an account that is in none."""
    params = smallest(coverEntireOrganization=True)
    if operation == "UpdateMembership":
        update = {"coverEntireOrganization": True}
        params = {
            "membershipId": stage.membership_id,
            "membershipAccountsConfigurationsUpdate": update,
        }
    return Attempt(stage.client, params)


# SecurityIncidentResponseNotActiveException


def region_not_served(stage: Stage, operation: str) -> Attempt:
    """Call in a Region that the server does not serve."""
    client = stage.door.client(stage.account, region="eu-north-1", config=UNCHECKED)
    return Attempt(client, stage.params(operation))


def no_membership(stage: Stage, operation: str) -> Attempt:
    """Call from an account that never had a membership."""
    return Attempt(stage.client, stage.params(operation))


def membership_cancelled(stage: Stage, operation: str) -> Attempt:
    """Call about a case after the membership was cancelled."""
    case_id = stage.case()
    stage.client.cancel_membership(membershipId=stage.membership_id)
    return stage.attempt(operation, case_id)


def switched_off(stage: Stage, operation: str) -> Attempt:
    """Call after the administrator has switched the service off for the account."""
    params = stage.params(operation)
    if operation in ABOUT_CASES:
        params = stage.params(operation, stage.case())
    if operation == "UpdateMembership":
        named = {"membershipId": stage.membership_id}
        stage.client.cancel_membership(**named)
        params = named | {"undoMembershipCancellation": True}
    stage.door.apply(accounts=[{"id": stage.account, "serviceOn": False}])
    return Attempt(stage.client, params)


# ServiceQuotaExceededException


def open_cases(stage: Stage, operation: str) -> Attempt:
    """Have as many open self-managed cases as the installation allows."""
    stage.door.apply(limits={"activeSelfManagedCases": 1})
    stage.case()
    members = {"quotaCode": "L-87F7FF63", "resourceType": "Case", "resourceId": stage.account}
    assert operation == "CreateCase"
    return Attempt(stage.client, opening(), members)


def open_supported_cases(stage: Stage, operation: str) -> Attempt:
    """Have as many open AWS-supported cases as the installation allows."""
    stage.door.apply(limits={"activeServiceManagedCases": 1})
    stage.case("AWS")
    params = {"caseId": stage.case(), "resolverType": "AWS"}
    members = {"quotaCode": "L-A44E2290", "resourceType": "Case", "resourceId": stage.account}
    return Attempt(stage.client, opening("AWS") if operation == "CreateCase" else params, members)


def supported_cases_of_a_day(stage: Stage, operation: str) -> Attempt:
    """Have created as many AWS-supported cases in a day as the installation allows."""
    stage.door.apply(limits={"serviceManagedCasesPerDay": 1})
    stage.client.close_case(caseId=stage.case("AWS"))
    members = {"quotaCode": "L-5052B1EE", "resourceType": "Case", "resourceId": stage.account}
    assert operation == "CreateCase"
    return Attempt(stage.client, opening("AWS"), members)


def a_million_comments(stage: Stage, operation: str) -> Attempt:
    """Have had a million comments; only their number is planted."""
    case_id = stage.case()
    sql = "UPDATE cases SET comments = :comments WHERE case_id = :case_id"
    values = {"comments": MOST_COMMENTS, "case_id": case_id}
    stage.door.service.engine.write(lambda tx: tx.change(sql, values))
    return stage.attempt(operation, case_id, quotaCode="LARUM-COMMENTS")


def fifty_attachments(stage: Stage, operation: str) -> Attempt:
    """Have fifty attachments."""
    attempt = stage.attempt(operation, stage.case(), quotaCode="LARUM-ATTACHMENTS")
    for number in range(50):
        other = {"clientToken": f"first-{number}", "fileName": f"{number}.bin"}
        stage.client.get_case_attachment_upload_url(**attempt.params | other)
    return attempt


def memberships_of_the_installation(stage: Stage, operation: str) -> Attempt:
    """Have as many memberships as the installation may have."""
    stage.door.apply(limits={"memberships": 1})
    other = Stage(stage.door, OTHER_ACCOUNT)
    named = {"membershipId": stage.membership_id}
    if operation == "UpdateMembership":
        stage.client.cancel_membership(**named)
        assert other.membership_id
        attempt = Attempt(stage.client, named | {"undoMembershipCancellation": True})
    else:
        attempt = Attempt(other.client, smallest())
    attempt.members = {"quotaCode": "LARUM-MEMBERSHIPS", "resourceType": "Membership"}
    return attempt


def covered_accounts(stage: Stage, operation: str) -> Attempt:
    """Cover more accounts than a membership may."""
    organization = {"accounts": [{"id": MEMBER}]}
    stage.door.apply(organization=organization, limits={"coveredAccountsPerMembership": 1})
    holder = Stage(stage.door, ADMINISTRATOR)
    params = smallest(coverEntireOrganization=True)
    if operation == "UpdateMembership":
        params = {
            "membershipId": holder.membership_id,
            "membershipAccountsConfigurationsUpdate": {"coverEntireOrganization": True},
        }
    return Attempt(holder.client, params, {"quotaCode": "LARUM-COVERED-ACCOUNTS"})


# ValidationException


def broken_member(stage: Stage, operation: str) -> Attempt:
    """Break one constraint of the model."""
    found = (each for each in violations(operation_of(operation)) if "nextToken" not in each.fields)
    broken = next(found).params
    kept = {name: each for name, each in params_of(operation).items() if name in broken}
    changed = {name: each for name, each in broken.items() if each != kept.get(name)}
    changed.pop("nextToken", None)
    return Attempt(stage.client, kept | changed, {"reason": "FIELD_VALIDATION_FAILED"})


def token_of_another_list(stage: Stage, operation: str) -> Attempt:
    """Ask for a page with a nextToken that this list never gave."""
    attempt = stage.attempt(operation, stage.case(), reason="FIELD_VALIDATION_FAILED")
    attempt.params["nextToken"] = "made-up"
    return attempt


def undo_that_is_false(stage: Stage, operation: str) -> Attempt:
    """Undo, and not."""
    params = {"membershipId": stage.membership_id, "undoMembershipCancellation": False}
    assert operation == "UpdateMembership"
    return Attempt(stage.client, params)


def end_before_start(stage: Stage, operation: str) -> Attempt:
    """Ask for the metrics of a time that ends before it starts."""
    params = {
        "membershipId": stage.membership_id,
        "startDate": "2026-11-02T00:00:00Z",
        "endDate": "2026-11-01T00:00:00Z",
    }
    assert operation == "GetFindingMetrics"
    return Attempt(stage.client, params)


def supported_case(stage: Stage, operation: str) -> Attempt:
    """Do to an AWS-supported case what only its responders may."""
    attempt = stage.attempt(operation, stage.case("AWS"))
    if operation == "UpdateResolverType":
        attempt.params["resolverType"] = "Self"
    attempt.members["reason"] = "OTHER"
    return attempt


def one_watcher_too_many(stage: Stage, operation: str) -> Attempt:
    """Add a thirty-first watcher."""
    watchers = [{"email": f"person{number}@example.com"} for number in range(31)]
    case_id = stage.case(watchers=watchers[:30])
    assert operation == "UpdateCase"
    return Attempt(stage.client, {"caseId": case_id, "watchersToAdd": watchers[30:]})


def pending_attachment(stage: Stage, operation: str) -> Attempt:
    """Ask for the download of what was not uploaded yet."""
    case_id = stage.case()
    stage.client.get_case_attachment_upload_url(
        caseId=case_id, fileName="dump.bin", contentLength=3
    )
    (attached,) = stage.client.get_case(caseId=case_id)["caseAttachments"]
    params = {"caseId": case_id, "attachmentId": attached["attachmentId"]}
    assert operation == "GetCaseAttachmentDownloadUrl"
    return Attempt(stage.client, params)


def _but(operations: Iterable[str], *others: str) -> tuple[str, ...]:
    return tuple(each for each in operations if each not in others)


DENIED: Final = "AccessDeniedException"
CONFLICT: Final = "ConflictException"
NOT_FOUND: Final = "ResourceNotFoundException"
NOT_ACTIVE: Final = "SecurityIncidentResponseNotActiveException"
QUOTA: Final = "ServiceQuotaExceededException"
INVALID: Final = "ValidationException"
PAGED: Final = tuple(each for each in ALL if "nextToken" in example(each))
UPLOAD: Final = "GetCaseAttachmentUploadUrl"
DOWNLOAD: Final = "GetCaseAttachmentDownloadUrl"
BOTH: Final = ("CreateMembership", "UpdateMembership")

CAUSES: Final[tuple[Cause, ...]] = (
    Cause(DENIED, "another account's membership", OF_A_MEMBERSHIP, foreign_membership),
    Cause(DENIED, "nobody's membership", OF_A_MEMBERSHIP, nobodys_membership),
    Cause(DENIED, "another account's ARN", OF_AN_ARN, foreign_arn),
    Cause(DENIED, "a plain member", ("CreateMembership",), plain_member, alone=True),
    Cause(DENIED, "the responder's comment", ("UpdateCaseComment",), comment_of_the_responder),
    Cause(CONFLICT, "closed", OF_AN_OPEN_CASE, closed_case),
    Cause(CONFLICT, "no such move", ("UpdateCaseStatus",), illegal_move),
    Cause(CONFLICT, "the token of another", ("CreateCase",), token_of_another_case),
    Cause(CONFLICT, "the token of another", ("CreateCaseComment",), token_of_another_comment),
    Cause(CONFLICT, "the token of another", (UPLOAD,), token_of_another_upload),
    Cause(CONFLICT, "file name twice", (UPLOAD,), file_name_twice),
    Cause(CONFLICT, "a second membership", ("CreateMembership",), second_membership),
    Cause(CONFLICT, "a responder twice", BOTH, responder_twice),
    Cause(CONFLICT, "cancelled", ("UpdateMembership",), cancelled_membership),
    Cause(NOT_FOUND, "nobody's case", (*OF_A_CASE, *OF_AN_ARN), nobodys_case),
    Cause(NOT_FOUND, "another account's case", OF_A_CASE, foreign_case),
    Cause(NOT_FOUND, "a former case", (*OF_A_CASE, *OF_AN_ARN), case_of_a_former_membership),
    Cause(
        NOT_FOUND,
        "nothing of that id",
        ("UpdateCaseComment", "SendFeedback", DOWNLOAD),
        nothing_of_that_id,
    ),
    Cause(NOT_FOUND, "no organization", BOTH, no_organization),
    Cause(NOT_ACTIVE, "the Region", _but(ALL, "ListMemberships"), region_not_served),
    Cause(NOT_ACTIVE, "no membership", ABOUT_CASES, no_membership),
    Cause(NOT_ACTIVE, "cancelled", ABOUT_CASES, membership_cancelled),
    Cause(NOT_ACTIVE, "switched off", (*ABOUT_CASES, *BOTH), switched_off),
    Cause(QUOTA, "open cases", ("CreateCase",), open_cases, alone=True),
    Cause(
        QUOTA,
        "open AWS-supported cases",
        ("CreateCase", "UpdateResolverType"),
        open_supported_cases,
        alone=True,
    ),
    Cause(QUOTA, "cases of a day", ("CreateCase",), supported_cases_of_a_day, alone=True),
    Cause(QUOTA, "a million comments", ("CreateCaseComment",), a_million_comments),
    Cause(QUOTA, "fifty attachments", (UPLOAD,), fifty_attachments),
    Cause(QUOTA, "memberships", BOTH, memberships_of_the_installation, alone=True),
    Cause(QUOTA, "covered accounts", BOTH, covered_accounts, alone=True),
    Cause(INVALID, "the model", ALL, broken_member),
    Cause(INVALID, "a made-up nextToken", PAGED, token_of_another_list),
    Cause(INVALID, "undo: false", ("UpdateMembership",), undo_that_is_false),
    Cause(INVALID, "end before start", ("GetFindingMetrics",), end_before_start),
    Cause(INVALID, "AWS-supported", ("UpdateCaseStatus", "UpdateResolverType"), supported_case),
    Cause(INVALID, "a full list", ("UpdateCase",), one_watcher_too_many),
    Cause(INVALID, "pending", (DOWNLOAD,), pending_attachment),
)
