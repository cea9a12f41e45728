"""What an update does to the lists of a case: sets with an order, by whatever tells items apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from larum.domain.case_updates import (
    SetChange,
    changed_words,
    merged,
    same_address,
    watcher_key,
    with_lists,
    with_metadata,
)
from larum.domain.cases import ThreatActorIp, Watcher
from larum.errors import ValidationException
from tests.domain.test_cases import NOW, case

LETTERS = st.lists(st.sampled_from("abcdefgh"), max_size=8)
UNIQUE = st.lists(st.sampled_from("abcdefgh"), max_size=8, unique=True)


@given(UNIQUE, LETTERS, LETTERS)
def test_lists_are_sets(present: list[str], to_add: list[str], to_delete: list[str]) -> None:
    """The result is the set without what goes and with what comes, and no item is twice."""
    after = merged(present, to_add, to_delete)
    assert set(after) == (set(present) - set(to_delete)) | set(to_add)
    assert len(after) == len(set(after))
    stays = [each for each in present if each in after]
    assert list(after[: len(stays)]) == stays
    assert merged(after, to_add, ()) == after


@given(UNIQUE, LETTERS)
def test_what_is_no_change_keeps_the_order(present: list[str], items: list[str]) -> None:
    """Deleting and adding the same, or what is there, leaves the very order as it was."""
    there = [each for each in items if each in present]
    absent = [each for each in items if each not in present]
    assert merged(present, there, [*there, *absent]) == tuple(present)


def test_a_watcher_is_an_address() -> None:
    """Letter case makes no other watcher; a name is changed by deleting and adding at once."""
    ana, bob = Watcher("Ana@example.com", "Ana"), Watcher("bob@example.com")
    again = Watcher("ANA@example.com", "Ana Silva")
    assert merged([ana, bob], [again], key=watcher_key) == (ana, bob)
    assert merged([ana, bob], [again], [Watcher("ana@EXAMPLE.com")], key=watcher_key) == (
        again,
        bob,
    )
    assert merged([ana, bob], [], [again], key=watcher_key) == (bob,)


def test_an_address_goes_with_every_user_agent() -> None:
    """Deleted without a user agent it goes whole; with one, only what was seen with that."""
    first, curl, other = (
        ThreatActorIp("192.0.2.7"),
        ThreatActorIp("192.0.2.7", "curl"),
        ThreatActorIp("192.0.2.8", "curl"),
    )
    present = [first, curl, other]
    assert merged(present, [], [first], means=same_address) == (other,)
    assert merged(present, [], [curl], means=same_address) == (first, other)
    wget = ThreatActorIp("192.0.2.7", "wget")
    assert merged(present, [wget], [first], means=same_address) == (other, wget)


def test_every_list_that_is_too_long_is_named() -> None:
    """All lists beyond their maximum are told at once; exactly the maximum is fine."""
    changes = {
        "impacted_accounts": SetChange("impactedAccountsToAdd", 2, ["a", "b", "c"]),
        "impacted_services": SetChange("impactedServicesToAdd", 1, ["a", "b"]),
        "impacted_aws_regions": SetChange("impactedAwsRegionsToAdd", 2, ["a", "b"]),
    }
    with pytest.raises(ValidationException) as caught:
        with_lists(case(), changes)
    assert [each.name for each in caught.value.field_list] == [
        "impactedAccountsToAdd",
        "impactedServicesToAdd",
    ]
    assert with_lists(case(), {"impacted_services": SetChange("x", 1, ["a"])}) == replace(
        case(), impacted_services=("a",)
    )


def test_metadata_keeps_its_order() -> None:
    """A key that is there keeps its place with the new value; a new one comes last."""
    found = replace(case(), metadata=(("a", "1"), ("b", "2")))
    after = with_metadata(found, [("c", "3"), ("a", "4")])
    assert after.metadata == (("a", "4"), ("b", "2"), ("c", "3"))
    assert with_metadata(found, []) == found


def test_words_name_what_changed_and_no_value() -> None:
    """Nothing, one, two or more members read as a sentence; what they hold is not in it."""
    found = case()
    assert changed_words(found, found) == ""
    one = replace(found, title="secret")
    assert changed_words(found, one) == "title"
    two = replace(one, watchers=())
    assert changed_words(found, two) == "title and watchers"
    three = replace(two, actual_incident_start_date=NOW)
    assert changed_words(found, three) == "title, actual incident start date and watchers"
