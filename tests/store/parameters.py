"""Requests, and the check of which are the same and which are others (goal G13).

`check_parameters` spells requests in many ways and changes them, and sends them with one client
token to a real service, one transaction each or all in one group.
"""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as altered

from larum.domain.memberships import ALL_COMMUNICATIONS
from larum.service import Service
from larum.wire.http import HttpResponse
from tests.store.calls import CREATE, RELAXED, Answer, account, relaxed_request
from tests.store.parameter_edits import CHANGES, LONGEST, REWRITES, SPELLINGS, Params

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis import settings

    from larum.wire.http import HttpRequest

# The service refuses control characters; everything else of Unicode is a legal name.
text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=3, max_size=LONGEST) | (
    st.sampled_from(["Zo\xeb Kova\u010d", "\xc5ngstr\xf6m/Hall\xe9", "Ren\xe9e"])
)
email = st.from_regex(r"[a-z]{1,10}@[a-z]{1,10}\.com", fullmatch=True)
preferences = st.lists(st.sampled_from(ALL_COMMUNICATIONS), max_size=16, unique=True)
person: st.SearchStrategy[Params] = st.fixed_dictionaries(
    {"name": text, "jobTitle": text, "email": email},
    optional={"communicationPreferences": preferences | st.just(list(ALL_COMMUNICATIONS))},
)
tag_texts = st.from_regex(r"[a-zA-Z0-9 +=:/-]{1,20}", fullmatch=True).filter(
    lambda key: not key.lower().startswith("aws:") and key.strip() == key
)
features = st.booleans().map(lambda on: [{"featureName": "Triage", "isEnabled": on}])
requests: st.SearchStrategy[Params] = st.fixed_dictionaries(
    {
        "membershipName": text,
        "incidentResponseTeam": st.lists(
            person, min_size=2, max_size=10, unique_by=lambda each: str(each["email"])
        ),
    },
    optional={
        "tags": st.dictionaries(tag_texts, tag_texts, max_size=8),
        "coverEntireOrganization": st.just(value=False),
        "optInFeatures": features,
    },
)


def respelled(random: Random, params: Params, met: Counter[str]) -> str:
    """Return the body of the same request, spelled another way; count in `met` what was done."""
    other = deepcopy(params)
    for name in random.sample(list(REWRITES), random.randint(1, len(REWRITES))):
        before = json.dumps(other)
        REWRITES[name](random, other)
        met[name] += json.dumps(other) != before
    spelling = random.choice(list(SPELLINGS))
    met[spelling] += 1
    return SPELLINGS[spelling](other)


def changed(random: Random, params: Params, met: Counter[str]) -> Params:
    """Return the request with one real change; count in `met` which."""
    for name in random.sample(list(CHANGES), len(CHANGES)):
        other = deepcopy(params)
        CHANGES[name](random, other)
        if other != params:
            met[name] += 1
            return other
    raise AssertionError("no change applies")


def send(service: Service, holder: str, bodies: Sequence[str], *, together: bool) -> list[Answer]:
    """Send the bodies in their order, each in a transaction of its own or all in one group."""
    asked = [_attempt(holder, body, number) for number, body in enumerate(bodies)]
    if not together:
        return [Answer.of(service.handle(each)) for each in asked]
    calls = [service.prepare(each) for each in asked]
    with service.engine.turn(1.0) as group:
        assert group is not None
        answers = [
            call if isinstance(call, HttpResponse) else service.perform_in(group, call)
            for call in calls
        ]
        group.commit()
    return [Answer.of(each) for each in answers]


def _attempt(holder: str, body: str, number: int) -> HttpRequest:
    """Return the request as an SDK sends it for the nth time: headers are no parameters."""
    asked = relaxed_request(holder, "POST", CREATE)
    told = (("amz-sdk-request", f"attempt={number + 1}"), ("user-agent", f"sdk/{number}"))
    return altered(asked, headers=asked.headers + told, body=body.encode())


def check_request(
    service: Service, holder: str, params: Params, random: Random, met: Counter[str]
) -> None:
    """Check three spellings and one change of a request, whichever of the spellings is first."""
    params = params | {"clientToken": "token"}
    same = [json.dumps(params), *(respelled(random, params, met) for _ in range(3))]
    random.shuffle(same)
    other = respelled(random, changed(random, params, met), met)
    together = random.random() < 0.5
    *answers, refused, again = send(service, holder, [*same, other, same[0]], together=together)
    assert [each.status for each in (*answers, again)] == [201] * 5, (same, answers)
    assert len({each.membership_id for each in (*answers, again)}) == 1, same
    assert refused.told == (409, "ConflictException"), (params, other, refused)
    assert refused.output["resourceId"] == again.membership_id
    assert refused.output["resourceType"] == "Membership"
    assert "clientToken" in refused.output["message"]


def check_parameters(search: settings) -> Counter[str]:
    """Check as many requests as `search` has examples; return how often each edit was met."""
    met: Counter[str] = Counter()
    numbers = count(1)

    @search
    @given(params=requests, seed=st.integers(0, 2**32))
    def judged(params: Params, seed: int) -> None:
        check_request(service, account(next(numbers)), params, Random(seed), met)

    service = Service(settings=RELAXED)
    try:
        judged()
    finally:
        service.close()
    return met
