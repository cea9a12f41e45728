"""Sessions in the audit: who signed by which role, and where denials and expiry are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.edge.audit_rows import added, lengths
from tests.sessions.stage import AWAY, HOME, allow, document, refusal, trust

if TYPE_CHECKING:
    from tests.sessions.stage import Stage

BORROWER = f"arn:aws:iam::{HOME}:user/ann"


def assumed(stage: Stage, *statements: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return credentials of a role of AWAY that a user of HOME has assumed."""
    ann = stage.user("ann", allow("sts:AssumeRole"))
    arn = stage.role("desk", document(trust(BORROWER)), *statements)
    sts = stage.client("sts", ann)
    made: dict[str, Any] = sts.assume_role(RoleArn=arn, RoleSessionName="night", **options)
    credentials: dict[str, Any] = made["Credentials"]
    return credentials


def test_what_a_session_was_denied_is_its_roles_account_s(stage: Stage) -> None:
    """The session signs and the role is its issuer, in the chain of the role's account alone."""
    keys = assumed(stage, allow("security-ir:GetCase"))
    before = lengths(stage.service)
    assert refusal(stage.client("security-ir", keys).list_cases)[0] == "AccessDeniedException"
    ((account, record),) = added(stage.service, before)
    assert account == AWAY
    who = record["userIdentity"]
    assert (who["type"], who["accountId"]) == ("AssumedRole", AWAY)
    assert who["arn"] == f"arn:aws:sts::{AWAY}:assumed-role/desk/night"
    assert who["accessKeyId"] == keys["AccessKeyId"]
    assert who["sessionContext"]["sessionIssuer"]["arn"] == f"arn:aws:iam::{AWAY}:role/desk"
    assert who["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"
    assert record["additionalEventData"]["decision"]["layer"] == "identity-based policy"


def test_a_session_policy_that_lacks_it_is_named(stage: Stage) -> None:
    """The role may, its session may not: the layer says so."""
    policy = document(allow("security-ir:GetCase"))
    keys = assumed(stage, allow("security-ir:*"), Policy=policy)
    before = lengths(stage.service)
    refusal(stage.client("security-ir", keys).list_cases)
    ((_, record),) = added(stage.service, before)
    assert record["additionalEventData"]["decision"]["layer"] == "session policy"


def test_an_expired_session_is_recorded_where_its_role_is(stage: Stage) -> None:
    """The token says whose it was, also when its time is over; altered it says nothing."""
    keys = assumed(stage, allow("security-ir:*"), DurationSeconds=900)
    stage.clock.forward(901)
    before = lengths(stage.service)
    client = stage.client("security-ir", keys)
    assert refusal(client.list_cases)[0] == "ExpiredTokenException"
    altered = keys | {"SessionToken": keys["SessionToken"][:-8] + "AAAAAAAA"}
    client = stage.client("security-ir", altered)
    assert refusal(client.list_cases)[0] == "UnrecognizedClientException"
    records = dict(added(stage.service, before))
    assert set(records) == {AWAY, "123456789012"}
    assert records[AWAY]["errorCode"] == "ExpiredTokenException"
    assert records[AWAY]["userIdentity"]["accessKeyId"] == keys["AccessKeyId"]
    assert records[AWAY]["additionalEventData"]["accessKeyOf"].endswith("assumed-role/desk/night")


def test_a_role_that_was_not_lent_is_told_to_the_borrower_alone(stage: Stage) -> None:
    """Whoever asks for roles of others writes into nobody's chain."""
    ann = stage.user("ann", allow("sts:AssumeRole"))
    arn = stage.role("desk", document(trust(f"arn:aws:iam::{HOME}:user/bob")))
    for asked in (arn, arn.replace("desk", "nobody")):
        before = lengths(stage.service)
        sts = stage.client("sts", ann)
        code, _ = refusal(sts.assume_role, RoleArn=asked, RoleSessionName="night")
        assert code == "AccessDenied"
        ((account, record),) = added(stage.service, before)
        assert (account, record["eventName"]) == (HOME, "AssumeRole")
        assert record["resources"] == [asked]


def test_no_credentials_are_in_a_record(stage: Stage) -> None:
    """Neither secret nor token of what was given."""
    keys = assumed(stage, allow("security-ir:*"))
    kept = str([stage.records(account) for account in (HOME, AWAY)])
    assert keys["SecretAccessKey"] not in kept
    assert keys["SessionToken"] not in kept
