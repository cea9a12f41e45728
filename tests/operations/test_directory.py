"""What a change of the directory does to memberships, and what it leaves in the outbox.

Source: service-behaviour §1.6, §1.7, §6 and §11 rows 7, 33 and 44.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.errors import ServiceQuotaExceededException, ValidationException
from larum.settings import ROOT_ACCOUNT
from tests.conformance.page import refusal_of, smallest
from tests.operations.directories import apply, describe, organize, outbox, sweep, unit_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

ADMINISTRATOR, MEMBER = "222222222222", "333333333333"
LEAVERS = [f"7{number:011d}" for number in range(4)]
REGISTER = "Register Delegated Administrator"
DEREGISTER = "Deregister Delegated Administrator"
DISABLE = "Disable AWS Service Access"
ENDED = ("event", "Membership Terminated", None)
UPDATED = ("event", "Membership Updated", None)
# One responder for each notice that the directory can cause, and one who wants another.
TEAM: list[Any] = [
    {
        "name": "Somebody",
        "jobTitle": "On call",
        "email": f"{wish.partition(' ')[0].lower()}@example.com",
        "communicationPreferences": [wish],
    }
    for wish in (REGISTER, DEREGISTER, DISABLE, "Membership Updated", "Case Created")
]


@pytest.fixture
def service() -> Iterator[larum.Service]:
    """An organization with a member and a delegated administrator."""
    with larum.Service() as made:
        organize(made, {ADMINISTRATOR: "", MEMBER: ""}, delegatedAdministrator=ADMINISTRATOR)
        yield made


def member_client(service: larum.Service, account: str) -> SecurityIncidentResponseClient:
    """Return the client of an account."""
    return service.client(account=account)


def opened(service: larum.Service, account: str, **more: Any) -> str:
    """Return the id of a new membership of `account` with the team above."""
    params = smallest(incidentResponseTeam=TEAM) | {"coverEntireOrganization": True} | more
    return member_client(service, account).create_membership(**params)["membershipId"]


def told_by(service: larum.Service, wanted: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Apply `wanted`; return what that put in the outbox."""
    before = len(outbox(service))
    apply(service, wanted)
    return outbox(service)[before:]


ENDINGS = {
    "deregistered": ({"delegatedAdministrator": "none"}, DEREGISTER),
    "replaced": ({"delegatedAdministrator": MEMBER}, DEREGISTER),
    "trusted access off": ({"trustedAccess": False}, DISABLE),
    "both": ({"delegatedAdministrator": "none", "trustedAccess": False}, DISABLE),
}


@pytest.mark.parametrize(("organization", "notice"), ENDINGS.values(), ids=ENDINGS)
def test_the_administrators_membership_ends(
    service: larum.Service, organization: dict[str, Any], notice: str
) -> None:
    """It is Terminated at once and for good; exactly those who asked are told why."""
    made = opened(service, ADMINISTRATOR)
    told = told_by(service, {"organization": organization})
    address = f"{notice.partition(' ')[0].lower()}@example.com"
    assert told == [ENDED, ("notice", notice, address)]
    client = member_client(service, ADMINISTRATOR)
    got = client.get_membership(membershipId=made)
    assert got["membershipStatus"] == "Terminated"
    assert got["membershipDeactivationTimestamp"] >= got["membershipActivationTimestamp"]
    assert got["numberOfAccountsCovered"] == 0
    items = client.batch_get_member_account_details(
        membershipId=made, accountIds=[ADMINISTRATOR, MEMBER, ROOT_ACCOUNT]
    )["items"]
    assert {item["relationshipStatus"] for item in items} == {"Disassociated"}
    assert describe(service)["activeMemberships"] == 0
    with pytest.raises(client.exceptions.ConflictException) as caught:
        client.update_membership(membershipId=made, undoMembershipCancellation=True)
    assert refusal_of(caught.value)["resourceId"] == made


def test_trusted_access_ends_the_management_accounts_membership_too(
    service: larum.Service,
) -> None:
    """Without trusted access nobody's membership stays, and it does not come back by itself."""
    made = opened(service, ROOT_ACCOUNT)
    told = told_by(service, {"organization": {"trustedAccess": False}})
    assert told == [ENDED, ("notice", DISABLE, "disable@example.com")]
    assert told_by(service, {"organization": {"trustedAccess": True}}) == []
    client = member_client(service, ROOT_ACCOUNT)
    assert client.get_membership(membershipId=made)["membershipStatus"] == "Terminated"
    assert opened(service, ROOT_ACCOUNT) != made


def test_the_management_accounts_membership_outlives_the_administrator(
    service: larum.Service,
) -> None:
    """It goes on; who asked is told of each registration and deregistration."""
    made = opened(service, ROOT_ACCOUNT)
    for administrator, notice in (("none", DEREGISTER), (MEMBER, REGISTER)):
        told = told_by(service, {"organization": {"delegatedAdministrator": administrator}})
        address = f"{notice.partition(' ')[0].lower()}@example.com"
        assert told == [UPDATED, ("notice", notice, address)]
    client = member_client(service, ROOT_ACCOUNT)
    assert client.get_membership(membershipId=made)["membershipStatus"] == "Active"


def test_a_cancelled_membership_is_not_ended_twice(service: larum.Service) -> None:
    """What has ended is told nothing more; without the right to hold it, it cannot be undone."""
    made = opened(service, ADMINISTRATOR)
    client = member_client(service, ADMINISTRATOR)
    client.cancel_membership(membershipId=made)
    assert told_by(service, {"organization": {"delegatedAdministrator": "none"}}) == []
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.update_membership(membershipId=made, undoMembershipCancellation=True)
    apply(service, {"organization": {"delegatedAdministrator": ADMINISTRATOR}})
    client.update_membership(membershipId=made, undoMembershipCancellation=True)
    assert client.get_membership(membershipId=made)["membershipStatus"] == "Active"


def test_the_same_directory_again_writes_nothing(service: larum.Service) -> None:
    """A second run changes nothing, tells nobody and writes not a single row."""
    opened(service, ROOT_ACCOUNT)
    wanted = {
        "organization": {
            "accounts": [{"id": ADMINISTRATOR}, {"id": MEMBER, "organizationalUnit": "a/b"}],
            "organizationalUnits": ["a/b"],
            "delegatedAdministrator": ADMINISTRATOR,
            "trustedAccess": True,
        },
        "accounts": [{"id": "444444444444", "name": "partner", "status": "SUSPENDED"}],
        "limits": {"memberships": 10},
    }
    assert apply(service, wanted)["changes"]
    before = service.engine._writer.total_changes()
    assert apply(service, wanted)["changes"] == []
    assert service.engine._writer.total_changes() == before


def test_a_faulty_directory_changes_nothing(service: larum.Service) -> None:
    """With one fault nothing of the file happens, a termination included."""
    made = opened(service, ADMINISTRATOR)
    before = describe(service), outbox(service)
    wanted = {
        "organization": {
            "accounts": [{"id": MEMBER}, {"id": MEMBER}],
            "delegatedAdministrator": "none",
            "trustedAccess": False,
        },
        "limits": {"memberships": 0},
    }
    with pytest.raises(ValidationException):
        apply(service, wanted)
    assert (describe(service), outbox(service)) == before
    client = member_client(service, ADMINISTRATOR)
    assert client.get_membership(membershipId=made)["membershipStatus"] == "Active"


def covered(service: larum.Service, membership_id: str) -> int:
    """Return numberOfAccountsCovered of a membership of the management account."""
    client = member_client(service, ROOT_ACCOUNT)
    return client.get_membership(membershipId=membership_id)["numberOfAccountsCovered"]


def test_a_limit_refuses_the_account_that_is_one_too_many(service: larum.Service) -> None:
    """Joining beyond the limit is refused, dry or not, and nothing of that file happens."""
    made = opened(service, ROOT_ACCOUNT)
    apply(service, {"limits": {"coveredAccountsPerMembership": 3}})
    joining = {
        "organization": {
            "accounts": [{"id": each} for each in (ADMINISTRATOR, MEMBER, *LEAVERS)],
            "organizationalUnits": ["new"],
        }
    }
    for dry_run in (True, False):
        with pytest.raises(ServiceQuotaExceededException) as caught:
            apply(service, joining, dry_run=dry_run)
        assert caught.value.quota_code == "LARUM-COVERED-ACCOUNTS"
        assert caught.value.resource_id == made
    assert covered(service, made) == 3
    assert unit_ids(service) == {}


def test_a_lowered_limit_takes_nothing_away(service: larum.Service) -> None:
    """Those who are covered stay so, accounts may leave and move, and none may join."""
    everybody = dict.fromkeys((ADMINISTRATOR, MEMBER, *LEAVERS), "")
    organize(service, everybody)
    made = opened(service, ROOT_ACCOUNT)
    apply(service, {"limits": {"coveredAccountsPerMembership": 2}})
    assert covered(service, made) == 7
    everybody.popitem()
    organize(service, everybody)
    organize(service, everybody | {MEMBER: "moved"})
    apply(service, {"accounts": [{"id": "444444444444"}]})
    assert covered(service, made) == 6
    with pytest.raises(ServiceQuotaExceededException):
        organize(service, everybody | {"555555555555": ""})
    assert covered(service, made) == 6


def test_who_joined_with_a_cancelled_membership_cannot_undo_it(service: larum.Service) -> None:
    """An account that has joined since is no longer its own customer: a conflict says so."""
    alone = member_client(service, "444444444444")
    made = alone.create_membership(**smallest())["membershipId"]
    with pytest.raises(ValidationException):
        organize(service, {ADMINISTRATOR: "", "444444444444": ""})
    alone.cancel_membership(membershipId=made)
    organize(service, {ADMINISTRATOR: "", "444444444444": ""})
    with pytest.raises(alone.exceptions.ConflictException) as caught:
        alone.update_membership(membershipId=made, undoMembershipCancellation=True)
    assert "joined or left" in caught.value.response["Error"]["Message"]
    assert alone.get_membership(membershipId=made)["membershipStatus"] == "Cancelled"
    assert sweep(service) == 1
    assert alone.get_membership(membershipId=made)["membershipStatus"] == "Terminated"
