"""What callers may do next: the params of each operation, drawn from what the model has.

Most calls should work, or nothing would ever happen; the others meet each refusal. One `Random`
decides everything, so that a machine and a load of threads can both be replayed.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.conformance.case_model import LISTS
from tests.conformance.service_answers import CANARY
from tests.conformance.service_model import ALONE, MEMBER

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.conformance.case_model import Case
    from tests.conformance.service_model import Caller, Membership, Params, ServiceModel

NOBODYS_CASE = "9999999999"
NOBODYS_MEMBERSHIP = "m-aaaaaaaaaaaaaaaaaaaa"
STATUSES = (
    "Submitted",
    "Detection and Analysis",
    "Containment, Eradication and Recovery",
    "Post-incident Activities",
)
FIRST_MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def text(random: Random) -> str:
    """Return a sensitive text with what breaks careless code in it."""
    return f"{CANARY} {random.randrange(10**6)} <&\"'> é 🔥"


def moment(random: Random) -> datetime:
    """Return a moment with milliseconds."""
    return FIRST_MOMENT + timedelta(milliseconds=random.randrange(10**9))


def _watcher(random: Random) -> dict[str, str]:
    number = random.randrange(4)
    local = f"{CANARY}{number}"
    watcher = {"email": f"{local.upper() if random.random() < 0.4 else local}@example.com"}
    if random.random() < 0.5:
        watcher |= {"name": text(random)[:50], "jobTitle": "On call"}
    return watcher


ENTRIES: dict[str, Callable[[Random], Any]] = {
    "watchers": _watcher,
    "threatActorIpAddresses": lambda random: {
        "ipAddress": f"192.0.2.{random.randrange(12)}",
        "userAgent": f"{CANARY}-agent/1.0",
    },
    "impactedServices": lambda random: random.choice(("Amazon S3", "TBD", "EC2", "IAM")),
    "impactedAwsRegions": lambda random: {
        "region": random.choice(("us-east-1", "eu-west-1", "sa-east-1"))
    },
    "impactedAccounts": lambda random: f"{random.randrange(6):012d}",
}


def _entries(random: Random, name: str) -> list[Any]:
    """Return a few entries of a list, no two of them the same one."""
    identity = LISTS[name][1]
    found = {
        identity(each): each for each in (ENTRIES[name](random) for _ in range(random.randrange(4)))
    }
    return list(found.values())


def _tags(random: Random, *, reserved: float = 0.0) -> dict[str, str]:
    keys = ["team", "env", "a key/with+signs", "é"]
    found = {key: random.choice(("", "1", CANARY)) for key in random.sample(keys, 2)}
    return found | {"aws:mine": "x"} if random.random() < reserved else found


def _team(random: Random) -> list[dict[str, Any]]:
    team: list[dict[str, Any]] = [
        {
            "name": f"{CANARY} {number}",
            "jobTitle": "Analyst",
            "email": f"{CANARY}{number}@e.example",
        }
        for number in random.sample(range(6), random.choice((2, 2, 3)))
    ]
    if random.random() < 0.3:
        team[0]["communicationPreferences"] = ["Case Created", "Case Closed"]
    if random.random() < 0.05:
        team[1]["email"] = team[0]["email"].upper()
    return team


def once(
    random: Random, model: ServiceModel, caller: Caller, operation: str, params: Params
) -> Params:
    """Return `params` with a client token; at times a former request again, or only its token."""
    used = [
        (key[3], each.params)
        for key, each in model.tokens.items()
        if key[:3] == (caller.account, caller.region, operation)
    ]
    if used and random.random() < 0.25:
        token, former = random.choice(used)
        return params | {"clientToken": token} if random.random() < 0.2 else deepcopy(former)
    return params | {"clientToken": f"token-{random.getrandbits(64):x}"}


def _membership(random: Random, model: ServiceModel, caller: Caller) -> str:
    own = [each for each in model.memberships if each.caller == caller]
    chance = random.random()
    if own and chance < 0.9:
        return random.choice(own[-2:]).membership_id
    if model.memberships and chance < 0.95:
        return random.choice(model.memberships).membership_id
    return NOBODYS_MEMBERSHIP


def _active(model: ServiceModel, caller: Caller) -> Membership | None:
    for each in model.memberships:
        if each.caller == caller and each.status == "Active":
            return each
    return None


def _case(
    random: Random,
    model: ServiceModel,
    caller: Caller,
    wanted: Callable[[Case], bool] = lambda _: True,
) -> str:
    """Return the id of a case: a wanted one mostly; a former membership's, a stranger's, nobody's.

    Most of them are open.
    """
    active = _active(model, caller)
    own: list[Case] = list(active.cases.values()) if active else []
    chance = random.random()
    if own and chance < 0.9:
        if chance < 0.82:
            own = [each for each in own if not each.is_closed] or own
        if chance < 0.75:
            own = [each for each in own if wanted(each)] or own
        return random.choice(own[-4:] if chance < 0.6 else own).case_id
    others = [each for each in model.memberships if each is not active and each.cases]
    former = [each for each in others if each.caller == caller]
    if others and chance < 0.98:
        membership = random.choice(former if former and chance < 0.95 else others)
        return random.choice(list(membership.cases))
    return NOBODYS_CASE


def create_membership(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """A membership, in few cases of the whole organization."""
    params: Params = {"membershipName": f"{CANARY} corp", "incidentResponseTeam": _team(random)}
    if random.random() < 0.5:
        params["coverEntireOrganization"] = random.random() < (
            0.1 if model.kinds[caller.account] == ALONE else 0.7
        )
    if random.random() < 0.5:
        params["optInFeatures"] = [{"featureName": "Triage", "isEnabled": random.random() < 0.8}]
    if random.random() < 0.5:
        params["tags"] = _tags(random)
    return once(random, model, caller, "CreateMembership", params)


def update_membership(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """A change of a membership, or the undoing of its cancellation."""
    params: Params = {"membershipId": _membership(random, model, caller)}
    if random.random() < 0.4:
        params["membershipName"] = f"{CANARY} {random.randrange(2)}"
    if random.random() < 0.3:
        params["incidentResponseTeam"] = _team(random)
    if random.random() < 0.3:
        params["optInFeatures"] = [{"featureName": "Triage", "isEnabled": random.random() < 0.5}]
    if random.random() < 0.5:
        params["undoMembershipCancellation"] = random.random() < 0.9
    return params


def this_membership(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """A membership by its id."""
    return {"membershipId": _membership(random, model, caller)}


def batch_get(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """A few accounts, one of which nobody ever had."""
    known = random.sample(sorted(model.kinds), 2)
    return this_membership(random, model, caller) | {"accountIds": [*known, "999999999999"]}


def nothing(_random: Random, _model: ServiceModel, _caller: Caller) -> Params:
    """No params at all."""
    return {}


def _resource(random: Random, model: ServiceModel, caller: Caller) -> Params:
    own = caller if random.random() < 0.95 else type(caller)(random.choice(sorted(model.kinds)))
    if random.random() < 0.3:
        resource = f"membership/{_membership(random, model, caller)}"
    else:
        resource = f"case/{_case(random, model, caller)}"
    return {"resourceArn": f"arn:aws:security-ir:{own.region}:{own.account}:{resource}"}


def tag_resource(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """Two tags, seldom a reserved one."""
    return _resource(random, model, caller) | {"tags": _tags(random, reserved=0.05)}


def untag_resource(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """One or two keys."""
    return _resource(random, model, caller) | {"tagKeys": sorted(_tags(random))}


def create_case(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """A case of either kind, with anything or nothing in its lists."""
    params: Params = {
        "resolverType": random.choice(("Self", "AWS")),
        "title": text(random),
        "description": text(random),
        "engagementType": random.choice(("Security Incident", "Investigation")),
        "reportedIncidentStartDate": moment(random),
        "impactedAccounts": _entries(random, "impactedAccounts"),
        "watchers": _entries(random, "watchers"),
    }
    for name in ("threatActorIpAddresses", "impactedServices", "impactedAwsRegions"):
        if random.random() < 0.5:
            params[name] = _entries(random, name)
    if random.random() < 0.3:
        params["tags"] = _tags(random)
    return once(random, model, caller, "CreateCase", params)


def this_case(
    random: Random,
    model: ServiceModel,
    caller: Caller,
    wanted: Callable[[Case], bool] = lambda _: True,
) -> Params:
    """A case by its id, mostly a wanted one."""
    return {"caseId": _case(random, model, caller, wanted)}


def update_case(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """Any part of what can be changed, perhaps to what it is."""
    params = this_case(random, model, caller)
    scalars: dict[str, Callable[[Random], Any]] = {
        "title": lambda chance: f"{CANARY} {chance.randrange(3)}",
        "description": text,
        "reportedIncidentStartDate": moment,
        "actualIncidentStartDate": moment,
        "engagementType": lambda chance: chance.choice(("Security Incident", "Investigation")),
    }
    for name, draw in scalars.items():
        if random.random() < 0.2:
            params[name] = draw(random)
    for name in LISTS:
        add, delete = _entries(random, name), _entries(random, name)
        identity = LISTS[name][1]
        added = {identity(each) for each in add}
        if random.random() < 0.35:
            params[name + "ToAdd"] = add
        if random.random() < 0.25:
            params[name + "ToDelete"] = [each for each in delete if identity(each) not in added]
    if random.random() < 0.3:
        keys = random.sample(range(31), random.choice((1, 2, 12, 30, 30)))
        params["caseMetadata"] = [
            {"key": f"{CANARY}{key}", "value": random.choice("ab")} for key in keys
        ]
    return params


def update_case_status(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """Any of the four."""
    params = this_case(random, model, caller, lambda each: each.resolver == "Self")
    return params | {"caseStatus": random.choice(STATUSES)}


def update_resolver_type(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """Mostly to AWS."""
    resolver = "AWS" if random.random() < 0.8 else "Self"
    moved = this_case(random, model, caller, lambda each: each.status in STATUSES[1:])
    return moved | {"resolverType": resolver}


def create_case_comment(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """A comment."""
    params = this_case(random, model, caller) | {"body": text(random)}
    return once(random, model, caller, "CreateCaseComment", params)


def _is_commented(case: Case) -> bool:
    return any(each.by_customer for each in case.comments)


def update_case_comment(random: Random, model: ServiceModel, caller: Caller) -> Params:
    """A comment that there is, mostly; at times to what it says."""
    params = this_case(random, model, caller, _is_commented)
    active = _active(model, caller)
    case = active.cases.get(params["caseId"]) if active else None
    comments = case.comments if case else []
    own = [place for place, each in enumerate(comments) if each.by_customer]
    number = random.choice(own) if own and random.random() < 0.8 else len(comments)
    number = random.randrange(number + 1) if random.random() < 0.2 else number
    body = text(random)
    if number < len(comments) and random.random() < 0.2:
        body = comments[number].body
    return params | {"commentId": f"{number:06d}", "body": body}


# Each operation, how often beside the others, and what it is called with.
STEPS: dict[str, tuple[int, Callable[[Random, ServiceModel, Caller], Params]]] = {
    "BatchGetMemberAccountDetails": (1, batch_get),
    "CancelMembership": (3, this_membership),
    "CloseCase": (2, this_case),
    "CreateCase": (7, create_case),
    "CreateCaseComment": (6, create_case_comment),
    "CreateMembership": (4, create_membership),
    "GetCase": (1, this_case),
    "GetMembership": (1, this_membership),
    "ListCaseEdits": (1, this_case),
    "ListCases": (1, nothing),
    "ListComments": (1, this_case),
    "ListMemberships": (1, nothing),
    "ListTagsForResource": (1, _resource),
    "TagResource": (3, tag_resource),
    "UntagResource": (2, untag_resource),
    "UpdateCase": (9, update_case),
    "UpdateCaseComment": (4, update_case_comment),
    "UpdateCaseStatus": (9, update_case_status),
    "UpdateMembership": (3, update_membership),
    "UpdateResolverType": (4, update_resolver_type),
}


def likelier(random: Random, model: ServiceModel, caller: Caller, operation: str) -> str:
    """Return the operation, or at times the one without which it can only be refused."""
    active = _active(model, caller)
    if active is None and model.kinds[caller.account] != MEMBER and random.random() < 0.4:
        return "CreateMembership"
    cases = [] if active is None else list(active.cases.values())
    has_open = not all(each.is_closed for each in cases)
    if active is not None and not has_open and random.random() < 0.5:
        return "CreateCase"
    commented = any(_is_commented(each) and not each.is_closed for each in cases)
    if operation == "UpdateCaseComment" and not commented and random.random() < 0.8:
        return "CreateCaseComment"
    return operation
