"""Client tokens against a model: any spelling, any change, any order of requests, any time.

What is the same request and what is another one (§3.4), and a machine that creates, repeats,
changes, cancels, waits and purges, and always knows what must be answered.
"""

from __future__ import annotations

import json
import os
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from larum.domain.memberships import ALL_COMMUNICATIONS
from larum.service import Service
from larum.wire import model
from tests.store.calls import RELAXED, account, call, create
from tests.store.parameter_edits import CHANGES, REWRITES, SPELLINGS
from tests.store.parameters import check_parameters, send
from tests.store.promises import broken_promises

if TYPE_CHECKING:
    from collections.abc import Iterator

SOAK = os.environ.get("LARUM_SOAK") == "1"
START = datetime(2026, 11, 22, tzinfo=UTC)

PLAIN: dict[str, Any] = {
    "membershipName": "Zo\xeb & Co/Ltd",
    "incidentResponseTeam": [
        {"name": "Ren\xe9e", "jobTitle": "Chef d'\xe9quipe", "email": "renee@example.com"},
        {"name": "Zo\xe9", "jobTitle": "\xc9quipe", "email": "zoe@example.com"},
    ],
}
RICH: dict[str, Any] = PLAIN | {
    "incidentResponseTeam": [
        each | {"communicationPreferences": list(ALL_COMMUNICATIONS)}
        for each in PLAIN["incidentResponseTeam"]
    ]
    + [{"name": "Bob", "jobTitle": "On call", "email": "bob@example.com"}],
    "tags": {"env": "prod", "team": "security"},
    "optInFeatures": [{"featureName": "Triage", "isEnabled": True}],
    "coverEntireOrganization": False,
}


@pytest.fixture
def service() -> Iterator[Service]:
    """A service with fresh state."""
    made = Service(settings=RELAXED)
    yield made
    made.close()


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "in one group"])
@pytest.mark.parametrize("name", REWRITES)
def test_an_equivalent_request_has_the_same_answer(
    service: Service, name: str, *, together: bool
) -> None:
    """Each rewrite alone, in each spelling of JSON, is answered with the first one's membership."""
    for number, plain in enumerate((PLAIN, RICH)):
        params = plain | {"clientToken": "token"}
        other = deepcopy(params)
        REWRITES[name](Random(1), other)
        bodies = [json.dumps(params), *(spell(other) for spell in SPELLINGS.values())]
        answers = send(service, account(number), bodies, together=together)
        assert [each.status for each in answers] == [201] * len(bodies), answers
        assert len({each.membership_id for each in answers}) == 1


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "in one group"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_real_change_is_a_conflict(service: Service, name: str, *, together: bool) -> None:
    """Each change alone is a 409 that names the first request's membership."""
    tried = 0
    for number, plain in enumerate((PLAIN, RICH)):
        params = plain | {"clientToken": "token"}
        other = deepcopy(params)
        CHANGES[name](Random(1), other)
        if other != params:
            bodies = [json.dumps(each) for each in (params, other)]
            made, refused = send(service, account(number), bodies, together=together)
            assert refused.told == (409, "ConflictException"), refused
            assert refused.output["resourceId"] == made.membership_id
            tried += 1
    assert tried


def test_every_member_has_a_change() -> None:
    """No member of CreateMembership is forgotten, but the token and a name with one value."""
    found: set[str] = set()
    shapes = [model.load("security-ir").operations["CreateMembership"].input]
    while shapes:
        shape = shapes.pop()
        if shape is not None:
            found |= {each.name for each in shape.members}
            shapes += [inner for each in shape.members for inner in (each.shape, each.shape.item)]
    changed = {name.partition(":")[0] for name in CHANGES}
    assert found - changed == {"clientToken", "featureName"}


def test_any_spelling_is_the_same_request_and_any_change_another() -> None:
    """However requests are spelled and in whichever order they come, none is misjudged."""
    check_parameters(settings(max_examples=5_000 if SOAK else 150))


class Tokens(RuleBasedStateMachine):
    """Requests of two accounts with two tokens and two names, in any order and at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.service = Service(settings=RELAXED, clock=lambda: self.now)
        self.active: dict[int, str] = {}
        self.known: dict[tuple[int, str], tuple[str, str, datetime]] = {}
        self.created = 0

    @rule(
        number=st.integers(1, 2),
        token=st.sampled_from(["a", "A"]),
        name=st.sampled_from(["First name", "Other name"]),
    )
    def create(self, number: int, token: str, name: str) -> None:
        """Create a membership, for the first time or not."""
        self.now += timedelta(milliseconds=1)
        answer = create(self.service, account(number), token, membershipName=name)
        known = self.known.get((number, token))
        if known is not None and self.now < known[2]:
            if known[0] == name:
                assert (answer.status, answer.output) == (201, {"membershipId": known[1]})
            else:
                assert answer.status == 409
                assert answer.output["resourceId"] == known[1]
        elif number in self.active:
            assert answer.status == 409
            assert answer.output["resourceId"] == self.active[number]
        else:
            assert answer.status == 201, answer
            expires = self.now + timedelta(hours=24)
            self.known[number, token] = (name, answer.membership_id, expires)
            self.active[number] = answer.membership_id
            self.created += 1

    @rule(number=st.integers(1, 2))
    def cancel(self, number: int) -> None:
        """Cancel the account's membership, if it has one."""
        self.now += timedelta(milliseconds=1)
        membership_id = self.active.pop(number, None)
        if membership_id is not None:
            path = f"/v1/membership/{membership_id}"
            assert call(self.service, account(number), "PUT", path).status == 200

    @rule(hours=st.sampled_from([1, 12, 24]))
    def wait(self, hours: int) -> None:
        """Let time pass."""
        self.now += timedelta(hours=hours)

    @rule()
    def purge(self) -> None:
        """Delete what has expired, which changes no answer."""
        self.service.sweep()

    @invariant()
    def nothing_is_broken(self) -> None:
        """Events, records and tokens fit the memberships at any time."""
        ids = self.service.engine.read(lambda tx: tx.rows("SELECT count(*) FROM memberships", {}))
        assert ids == [(self.created,)]

    def teardown(self) -> None:
        """Close the service."""
        assert broken_promises(self.service) == []
        self.service.close()


Tokens.TestCase.settings = settings(
    max_examples=1_000 if SOAK else 80, stateful_step_count=30, deadline=None
)


# Whatever the order of requests, each token has one answer while it lives.
TestTokens = Tokens.TestCase
