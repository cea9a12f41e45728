"""5,000 requests compared with their repeats (goal G13), and the bugs that the comparison catches.

Each is sent in several spellings and with one real change, through a real service; none may be
misjudged. A comparison that no bug can fail proves nothing, so each rule is broken once.
"""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, settings
from msgspec.structs import replace

from larum.errors import ConflictException
from larum.store import idempotency
from larum.wire import canonical
from tests.store.parameter_edits import CHANGES, REWRITES, SPELLINGS
from tests.store.parameters import check_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from larum.wire.model import Operation

    Rewrite = Callable[[dict[str, Any]], object]
    Plant = Callable[[pytest.MonkeyPatch], None]

CASES = settings(max_examples=5_000)
# The same examples every time, and no shrinking: that one fails is all that is asked.
SEARCH = settings(
    max_examples=400,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    report_multiple_bugs=False,
)


@pytest.mark.timeout(600)
def test_five_thousand_requests() -> None:
    """Of 5,000 requests and their repeats none is misjudged, and every edit is met often."""
    met = check_parameters(CASES)
    assert {name for name in (*CHANGES, *REWRITES, *SPELLINGS) if met[name] < 20} == set()


@pytest.fixture(autouse=True)
def fresh_forms() -> Iterator[None]:
    """No bug finds, or leaves behind, canonical forms that are built already."""
    canonical._canonical.cache_clear()
    canonical._of_operation.cache_clear()
    yield
    canonical._canonical.cache_clear()
    canonical._of_operation.cache_clear()


def fingerprint_of(patch: pytest.MonkeyPatch, edit: Rewrite) -> None:
    """Plant: what is fingerprinted is edited first."""
    right = canonical.canonical_parameters

    def wrong(operation: Operation, params: Mapping[str, object]) -> bytes:
        told = json.loads(right(operation, params))
        edit(told)
        return json.dumps(told, sort_keys=True).encode()

    patch.setattr(canonical, "canonical_parameters", wrong)


def forgets(name: str) -> Plant:
    """Return the bug that a member of the request, or of its people, is not compared."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        def edit(told: dict[str, Any]) -> None:
            for each in (told, *told["incidentResponseTeam"], *told.get("optInFeatures", [])):
                each.pop(name, None)

        fingerprint_of(patch, edit)

    plant.__name__ = f"forgets_{name}"
    return plant


def takes_the_team_for_a_set(patch: pytest.MonkeyPatch) -> None:
    """The order of the people is not compared."""
    fingerprint_of(patch, lambda told: told["incidentResponseTeam"].sort(key=json.dumps))


def compares_only_keys_of_tags(patch: pytest.MonkeyPatch) -> None:
    """The values of tags are not compared."""
    fingerprint_of(patch, lambda told: told.update(tags=sorted(told.get("tags", {}))))


def folds_letter_case(patch: pytest.MonkeyPatch) -> None:
    """Two requests that differ only in letter case are the same."""
    right = canonical.canonical_parameters
    patch.setattr(
        canonical, "canonical_parameters", lambda *given: right(*given).decode().lower().encode()
    )


def normalizes_unicode(patch: pytest.MonkeyPatch) -> None:
    """Two requests that differ only in Unicode form are the same."""
    right = canonical.canonical_parameters
    patch.setattr(
        canonical,
        "canonical_parameters",
        lambda *given: unicodedata.normalize("NFC", right(*given).decode()).encode(),
    )


def compares_before_the_defaults(patch: pytest.MonkeyPatch) -> None:
    """A member that is left out differs from its default."""
    patch.setattr(canonical, "_default", lambda _member: None)


def compares_the_order_of_sets(patch: pytest.MonkeyPatch) -> None:
    """The same preferences in another order are another request."""
    right = canonical._list
    patch.setattr(canonical, "_list", lambda shape: right(replace(shape, is_set=False)))


def forgets_the_comparison(patch: pytest.MonkeyPatch) -> None:
    """The replay tells the first one's membership without a look at the parameters."""

    class Agreeing:
        compare_digest = staticmethod(lambda _one, _other: True)

    patch.setattr(idempotency, "hmac", Agreeing)


def names_nothing(patch: pytest.MonkeyPatch) -> None:
    """The conflict does not name what the first request made."""

    def nameless(message: str, *, resource_id: str, resource_type: str) -> Exception:
        del resource_id
        return ConflictException(message, resource_id="m-a", resource_type=resource_type)

    patch.setattr(idempotency, "ConflictException", nameless)


MEMBERS = (
    "membershipName",
    "incidentResponseTeam",
    "name",
    "jobTitle",
    "email",
    "communicationPreferences",
    "tags",
    "optInFeatures",
    "isEnabled",
    "coverEntireOrganization",
)
PLANTS: tuple[Plant, ...] = (
    *(forgets(name) for name in MEMBERS),
    takes_the_team_for_a_set,
    compares_only_keys_of_tags,
    folds_letter_case,
    normalizes_unicode,
    compares_before_the_defaults,
    compares_the_order_of_sets,
    forgets_the_comparison,
    names_nothing,
)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_comparison_catches(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check fails while the bug is there."""
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        check_parameters(SEARCH)


@pytest.mark.timeout(120)
def test_comparison_without_a_bug() -> None:
    """The same examples pass when nothing is planted: it was the bug that failed."""
    check_parameters(SEARCH)
