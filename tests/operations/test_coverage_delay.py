"""`--coverage-delay`: a change of coverage shows when it is old enough, and exactly then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from larum.domain.coverage import LONGEST_DELAY
from larum.settings import ROOT_ACCOUNT, Settings
from larum.store import coverage
from tests.conformance.page import smallest
from tests.operations.directories import unit_ids
from tests.operations.planned_ends import ALONE, BEGIN, LATER, MEMBER, Ending, ending

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

DELAY = timedelta(minutes=1)
A_MOMENT = timedelta(microseconds=1)
AT_ONCE = Settings(auth="relaxed")
DELAYED = Settings(auth="relaxed", coverage_delay=DELAY)
ACCOUNTS = [ROOT_ACCOUNT, MEMBER, LATER, ALONE]
# What GetMembership counts, and how each account stands.
View = tuple[int, list[Any]]


def view(it: Ending) -> View:
    """Return what the membership's account is shown of its coverage."""
    told = it.client.batch_get_member_account_details(
        membershipId=it.membership_id, accountIds=ACCOUNTS
    )
    return it.get()["numberOfAccountsCovered"], told["items"]


def directory(it: Ending, **places: str) -> None:
    """Let the organization have two units and its accounts at these, "root" or nowhere else."""
    names = {"member": MEMBER, "later": LATER, "alone": ALONE}
    inside = [
        {"id": names[name], "status": place.partition(" ")[2] or "ACTIVE"}
        | ({} if place.startswith("root") else {"organizationalUnit": place.partition(" ")[0]})
        for name, place in places.items()
    ]
    outside = [{"id": each} for name, each in names.items() if name not in places]
    organization = {"organizationalUnits": ["prod", "prod/shop"], "accounts": inside}
    it.operator.apply_directory(directory={"organization": organization, "accounts": outside})


def unit_id(it: Ending, path: str) -> list[str]:
    """Return the id of that unit, in a list."""
    return [unit_ids(it.service)[path]]


STEPS: dict[str, Any] = {
    "member alone": lambda it: directory(it, member="root"),
    "all in": lambda it: directory(it, member="prod", later="prod/shop", alone="root"),
    "moved": lambda it: directory(it, member="prod/shop", later="root", alone="prod"),
    "suspended": lambda it: directory(it, member="prod SUSPENDED", later="prod"),
    "nobody": directory,
    "whole": lambda it: configure(it, coverEntireOrganization=True),
    "own": lambda it: configure(it, coverEntireOrganization=False),
    "outer": lambda it: configure(it, organizationalUnitsToAdd=unit_id(it, "prod")),
    "inner": lambda it: configure(it, organizationalUnitsToAdd=unit_id(it, "prod/shop")),
    "no outer": lambda it: configure(it, organizationalUnitsToRemove=unit_id(it, "prod")),
    "named": lambda it: it.operator.associate_member_accounts(**named(it)),
    "not named": lambda it: it.operator.disassociate_member_accounts(**named(it)),
    "cancel": lambda it: it.client.cancel_membership(membershipId=it.membership_id),
    "undo": lambda it: it.undo(),
}


def configure(it: Ending, **update: Any) -> None:
    """Change which accounts the membership covers."""
    it.client.update_membership(
        membershipId=it.membership_id, membershipAccountsConfigurationsUpdate=update
    )


def named(it: Ending) -> dict[str, Any]:
    """Return the parameters that name two accounts of the membership."""
    holder = {"accountId": ROOT_ACCOUNT, "region": "us-east-1", "membershipId": it.membership_id}
    return {**holder, "accountIds": [MEMBER, ROOT_ACCOUNT]}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*STEPS]), st.sampled_from([0, 0, 7, 30, 61])),
        min_size=5,
        max_size=25,
    )
)
def test_what_shows_is_what_was_true_a_delay_ago(steps: list[tuple[str, int]]) -> None:
    """At any time the delayed view is the one that an instance without delay had that long ago."""
    with ending(DELAYED) as delayed, ending(AT_ONCE) as plain:
        for it in (delayed, plain):
            directory(it, member="root")
            it.pass_to(BEGIN + DELAY)
        history: list[tuple[datetime, View]] = [(BEGIN, view(plain))]
        for step, seconds in steps:
            refusals = [refused(it, step) for it in (delayed, plain)]
            assert refusals[0] == refusals[1], step
            now = plain.clock.now
            history.append((now, view(plain)))
            for moment in (now, now + timedelta(seconds=seconds)):
                delayed.pass_to(moment)
                plain.pass_to(moment)
                active = plain.get()["membershipStatus"] == "Active"
                old = [seen for at, seen in history if at <= moment - DELAY]
                assert view(delayed) == (old[-1] if active else view(plain)), step
                delayed.sweep()


def refused(it: Ending, step: str) -> str | None:
    """Take a step; return the name of what refused it."""
    try:
        STEPS[step](it)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def test_a_new_membership_covers_nothing_until_it_shows() -> None:
    """Also where nothing else has changed for long; its own account is no exception."""
    with ending(DELAYED) as it:
        assert it.get()["numberOfAccountsCovered"] == 0
        assert it.stands(MEMBER) == it.stands(ROOT_ACCOUNT) == "Unassociated"
        it.pass_to(BEGIN + DELAY - A_MOMENT)
        assert it.get()["numberOfAccountsCovered"] == 0
        it.pass_to(BEGIN + DELAY)
        assert it.get()["numberOfAccountsCovered"] == 2
        assert it.stands(MEMBER) == "Associated"
        alone = it.service.client(account=ALONE)
        made = alone.create_membership(**smallest())["membershipId"]
        counts = []
        for _ in range(2):
            got = alone.get_membership(membershipId=made)
            counts.append(got["numberOfAccountsCovered"])
            it.pass_to(it.clock.now + DELAY)
        assert counts == [0, 1]
        alone.close()


def test_the_end_of_a_membership_is_not_delayed() -> None:
    """What is cancelled covers nobody, at once."""
    with ending(DELAYED) as it:
        it.pass_to(BEGIN + DELAY)
        it.client.cancel_membership(membershipId=it.membership_id)
        assert it.get()["numberOfAccountsCovered"] == 0
        assert it.stands(MEMBER) == "Disassociated"


def test_a_cancellation_that_was_undone_shows_later() -> None:
    """Active again, the membership is shown through what it was: covering, ended, covering."""
    with ending(DELAYED) as it:
        it.pass_to(BEGIN + timedelta(hours=1))
        it.client.cancel_membership(membershipId=it.membership_id)
        it.pass_to(it.clock.now + DELAY / 2)
        it.undo()
        shown = []
        for _ in range(4):
            shown.append((it.get()["numberOfAccountsCovered"], it.stands(MEMBER)))
            it.pass_to(it.clock.now + DELAY / 2)
        covering, ended = (2, "Associated"), (0, "Disassociated")
        assert shown == [covering, ended, covering, covering]


def test_versions_are_kept_no_longer_than_the_longest_delay() -> None:
    """Each change leaves a row for an hour, and none after it."""
    count = "SELECT count(*) FROM directory_versions"
    with ending() as it:
        for number in range(20):
            it.join(*([MEMBER, LATER] if number % 2 else [MEMBER]))
        it.sweep()
        kept = it.service.engine.read(lambda tx: tx.rows(count, {}))[0][0]
        assert kept >= 20
        it.pass_to(BEGIN + LONGEST_DELAY)
        it.sweep()
        assert it.service.engine.read(lambda tx: tx.rows(count, {})) == [(0,)]


def test_without_a_delay_nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """GetMembership asks for no version, and CreateMembership makes none, unless a delay is set."""
    with ending() as it:
        it.client.cancel_membership(membershipId=it.membership_id)
        versions = "SELECT version FROM directory_versions"
        before = it.service.engine.read(lambda tx: tx.rows(versions, {}))
        alone = it.service.client(account=ALONE)
        made = alone.create_membership(**smallest())["membershipId"]
        assert it.service.engine.read(lambda tx: tx.rows(versions, {})) == before
        monkeypatch.setattr(coverage, "ACTIVE_AS_OF", "no statement")
        monkeypatch.setattr("larum.store.directory_versions.YOUNGER", "no statement")
        assert alone.get_membership(membershipId=made)["numberOfAccountsCovered"] == 1
        alone.close()
