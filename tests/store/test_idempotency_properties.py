"""Client tokens against a model: any spelling, any change, any order of requests, any time.

Two properties of one request (§3.4: what is the same request and what is another one) and a machine
that creates, repeats, changes, cancels, waits and purges, and always knows what must be answered.
"""

from __future__ import annotations

import json
import os
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from larum.domain.memberships import ALL_COMMUNICATIONS
from larum.service import Service
from tests.store.calls import RELAXED, account, call, create, create_raw
from tests.store.promises import broken_promises

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOAK = os.environ.get("LARUM_SOAK") == "1"
CASES = 5_000 if SOAK else 150
START = datetime(2026, 11, 22, tzinfo=UTC)
Params = dict[str, Any]

# The service refuses control characters; everything else of Unicode is a legal name.
text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=3, max_size=50)
email = st.from_regex(r"[a-z]{1,10}@[a-z]{1,10}\.com", fullmatch=True)
person: st.SearchStrategy[Params] = st.fixed_dictionaries(
    {"name": text, "jobTitle": text, "email": email},
    optional={
        "communicationPreferences": st.lists(
            st.sampled_from(ALL_COMMUNICATIONS), max_size=16, unique=True
        )
    },
)
tag_texts = st.from_regex(r"[a-zA-Z0-9 +=:/-]{1,20}", fullmatch=True).filter(
    lambda key: not key.lower().startswith("aws:") and key.strip() == key
)
params: st.SearchStrategy[Params] = st.fixed_dictionaries(
    {
        "membershipName": text,
        "incidentResponseTeam": st.lists(
            person, min_size=2, max_size=10, unique_by=lambda each: str(each["email"])
        ),
    },
    optional={
        "tags": st.dictionaries(tag_texts, tag_texts, max_size=8),
        "coverEntireOrganization": st.just(value=False),
        "optInFeatures": st.lists(
            st.fixed_dictionaries(
                {"featureName": st.sampled_from(["Triage"]), "isEnabled": st.booleans()}
            ),
            min_size=1,
            max_size=1,
        ),
    },
)


def shuffled(random: Random, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON value whose members are in another order."""
    if isinstance(value, dict):
        items = [(name, shuffled(random, each)) for name, each in value.items()]
        random.shuffle(items)
        return dict(items)
    return [shuffled(random, each) for each in value] if isinstance(value, list) else value


def respelled(random: Random, given_params: Params) -> str:
    """Return the body of the same request, spelled another way (§3.4's rows of `same`)."""
    other = deepcopy(given_params)
    for each in other["incidentResponseTeam"]:
        wanted = each.get("communicationPreferences")
        if wanted is None and random.random() < 0.5:
            wanted = each["communicationPreferences"] = list(ALL_COMMUNICATIONS)
        if wanted is not None:
            random.shuffle(wanted)
    if not other.get("tags"):
        other["tags"] = random.choice([None, {}])
    other["coverEntireOrganization"] = random.choice([None, False])
    other[random.choice(["unknown", "Tags", "constructor"])] = random.choice([1, [], "x"])
    return json.dumps(
        shuffled(random, other),
        ensure_ascii=random.random() < 0.5,
        indent=random.choice([None, 2]),
    )


def _rename(random: Random, other: Params) -> None:
    del random
    other["membershipName"] = other["membershipName"][:-1] + (
        "a" if not other["membershipName"].endswith("a") else "b"
    )


def _edit_person(random: Random, other: Params) -> None:
    each = random.choice(other["incidentResponseTeam"])
    member = random.choice(["name", "jobTitle", "email"])
    each[member] = ("q" if each[member][0] != "q" else "p") + each[member][1:]
    emails = [one["email"] for one in other["incidentResponseTeam"]]
    if len(set(emails)) < len(emails):
        each["email"] = "unique.address@example.org"


def _reorder_team(random: Random, other: Params) -> None:
    del random
    team = other["incidentResponseTeam"]
    team.append(team.pop(0))


def _drop_preference(random: Random, other: Params) -> None:
    each = random.choice(other["incidentResponseTeam"])
    wanted = each.get("communicationPreferences", list(ALL_COMMUNICATIONS))
    each["communicationPreferences"] = wanted[1:] or [
        one for one in ALL_COMMUNICATIONS if one not in wanted
    ]


def _tag(random: Random, other: Params) -> None:
    tags = dict(other.get("tags") or {})
    if tags and random.random() < 0.5:
        key = random.choice(list(tags))
        tags[key] += "x"
    else:
        tags["one more"] = "x"
    other["tags"] = tags


def _feature(random: Random, other: Params) -> None:
    del random
    features = other.get("optInFeatures")
    if features:
        features[0]["isEnabled"] = not features[0]["isEnabled"]
    else:
        other["optInFeatures"] = [{"featureName": "Triage", "isEnabled": False}]


def _cover(random: Random, other: Params) -> None:
    del random
    other["coverEntireOrganization"] = True


CHANGES: tuple[Callable[[Random, Params], None], ...] = (
    _rename,
    _edit_person,
    _reorder_team,
    _drop_preference,
    _tag,
    _feature,
    _cover,
)
numbers = count(1)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """One service for all examples; each has an account of its own."""
    made = Service(settings=RELAXED)
    yield made
    made.close()


@settings(max_examples=CASES)
@given(given_params=params, seed=st.integers(0, 2**32))
def test_any_spelling_is_the_same_request(
    service: Service, given_params: Params, seed: int
) -> None:
    """However a request is spelled, in whichever order, its answer is the first one's."""
    random = Random(seed)
    holder = account(next(numbers))
    bodies = [json.dumps(given_params | {"clientToken": "token"})]
    bodies += [respelled(random, given_params | {"clientToken": "token"}) for _ in range(3)]
    random.shuffle(bodies)
    answers = [create_raw(service, holder, body) for body in bodies]
    assert [answer.status for answer in answers] == [201] * 4, answers
    assert len({answer.membership_id for answer in answers}) == 1


@settings(max_examples=CASES)
@given(given_params=params, seed=st.integers(0, 2**32), change=st.sampled_from(CHANGES))
def test_any_change_is_another_request(
    service: Service, given_params: Params, seed: int, change: Callable[[Random, Params], None]
) -> None:
    """One real change of one member is a 409 that names the first request's membership."""
    other = deepcopy(given_params)
    change(Random(seed), other)
    holder = account(next(numbers))
    made = create(service, holder, "token", **given_params)
    assert made.status == 201, made
    answer = create(service, holder, "token", **other)
    assert answer.told == (409, "ConflictException"), answer
    assert answer.output["resourceId"] == made.membership_id
    assert "clientToken" in answer.output["message"]
    assert create(service, holder, "token", **given_params).membership_id == made.membership_id


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
