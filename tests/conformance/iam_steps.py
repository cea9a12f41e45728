"""Random calls on principals and policies: as the model takes them, and as boto3 does."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.conformance.iam_documents import trusting
from tests.conformance.iam_model import AWS, LONG, SHORT, WRONG, IamModel

Step = tuple[str, dict[str, Any]]

# Mostly what is there: a call on nothing finds nothing out.
NAMES = st.sampled_from(["a", "a", "a", "b", "A"])
KINDS = st.sampled_from(["user", "group", "role"])
IDENTITIES = st.sampled_from(["user", "role"])
DOCUMENTS = st.sampled_from([SHORT, LONG, LONG, f"\n{SHORT}  ", WRONG])
POLICIES = st.sampled_from(["p", "p", "p", "q", "P"])
TAGS = st.dictionaries(
    st.sampled_from(["k", "K", "l", "m"]), st.sampled_from(["", "v"]), max_size=2
)


def _step(operation: str, /, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(operation), st.fixed_dictionaries(given))


# A policy is named by its name, and None stands for the one of AWS.
ATTACHABLE = st.one_of(st.none(), POLICIES)
ANY = st.one_of(
    _step("create_holder", kind=KINDS, name=NAMES),
    _step("create_policy", policy=POLICIES, document=DOCUMENTS),
    _step("create_holder", kind=st.just("role"), name=NAMES, trust=st.sampled_from([SHORT, WRONG])),
    _step("delete_holder", kind=KINDS, name=NAMES),
    _step("add_user_to_group", group=NAMES, user=NAMES),
    _step("remove_user_from_group", group=NAMES, user=NAMES),
    _step("put_inline", kind=KINDS, name=NAMES, policy=POLICIES, document=DOCUMENTS),
    _step("delete_inline", kind=KINDS, name=NAMES, policy=POLICIES),
    _step("attach", kind=KINDS, name=NAMES, arn=ATTACHABLE),
    _step("detach", kind=KINDS, name=NAMES, arn=ATTACHABLE),
    _step("bound", kind=IDENTITIES, name=NAMES, arn=ATTACHABLE),
    _step("unbound", kind=IDENTITIES, name=NAMES),
    _step("tag", kind=IDENTITIES, name=NAMES, tags=TAGS),
    _step("untag", kind=IDENTITIES, name=NAMES, keys=st.lists(st.sampled_from(["k", "L", "x"]))),
    _step("create_policy_version", policy=POLICIES, document=DOCUMENTS),
    _step("delete_policy", policy=POLICIES),
)
# What is there when a sequence begins.
FIRST: list[Step] = [
    *(("create_holder", {"kind": kind, "name": "a"}) for kind in ("user", "group", "role")),
    ("create_holder", {"kind": "user", "name": "b"}),
    *(("create_policy", {"policy": each, "document": SHORT}) for each in "pq"),
]
SEQUENCES = st.lists(ANY, min_size=20, max_size=60).map(lambda steps: FIRST + steps)


def in_model(model: IamModel, step: Step) -> str | None:
    """Do a step in the model; return the code of its refusal."""
    name, given = step
    if name == "unbound":
        return model.call("bound", {**given, "arn": None})
    if "arn" in given:
        given = given | {"arn": AWS if given["arn"] is None else model.arn(given["arn"])}
    return model.call(name, given)


def in_boto3(account: str, step: Step) -> tuple[str, dict[str, Any]]:
    """Return the method of a boto3 client and what it is given for a step."""
    name, given = step
    kind = given.get("kind", "")
    arn = given.get("arn", given.get("policy"))
    arn = AWS if arn is None else f"arn:aws:iam::{account}:policy/{arn}"
    who = {"accountId": account, f"{kind}Name": given.get("name")}
    inline = {"policyName": given.get("policy"), "policyDocument": given.get("document")}
    trust = {SHORT: trusting("111122223333"), WRONG: WRONG}[given.get("trust", SHORT)]
    members = {"groupName": given.get("group"), "userName": given.get("user")}
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "create_holder": (
            f"create_{kind}",
            who | ({"assumeRolePolicyDocument": trust} if kind == "role" else {}),
        ),
        "delete_holder": (f"delete_{kind}", who),
        "add_user_to_group": (name, {"accountId": account, **members}),
        "remove_user_from_group": (name, {"accountId": account, **members}),
        "put_inline": (f"put_{kind}_policy", who | inline),
        "delete_inline": (f"delete_{kind}_policy", who | {"policyName": given.get("policy")}),
        "attach": (f"attach_{kind}_policy", who | {"policyArn": arn}),
        "detach": (f"detach_{kind}_policy", who | {"policyArn": arn}),
        "bound": (f"put_{kind}_permissions_boundary", who | {"permissionsBoundary": arn}),
        "unbound": (f"delete_{kind}_permissions_boundary", who),
        "tag": (
            f"tag_{kind}",
            who | {"tags": [{"key": k, "value": v} for k, v in given.get("tags", {}).items()]},
        ),
        "untag": (f"untag_{kind}", who | {"tagKeys": given.get("keys")}),
        "create_policy": (name, {"accountId": account, **inline}),
        "create_policy_version": (
            name,
            {"policyArn": arn, "policyDocument": given.get("document"), "setAsDefault": True},
        ),
        "delete_policy": (name, {"policyArn": arn}),
    }
    return calls[name]
