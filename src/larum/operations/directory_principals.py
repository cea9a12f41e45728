"""Policies, groups, users and roles in ApplyDirectory: made as the file has them, step by step.

Each step is an operation of the `larum` model, called as a client would call it: limits and rules
are those of the operations.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.domain import directory_principals as domain
from larum.domain.directory import ACCOUNTS, STANDALONE
from larum.domain.directory_principals import (
    NAMES,
    NO_BOUNDARY,
    Act,
    Document,
    Present,
    PresentHolder,
    Step,
    Wanted,
    WantedHolder,
    WantedPolicy,
)
from larum.domain.policies import OF_AWS, PolicyKind, policy_arn
from larum.domain.principals import Principal, PrincipalKind
from larum.errors import FieldFailure, ValidationException
from larum.operations.access_keys import issue_key
from larum.operations.iam import IAM_OPERATIONS
from larum.operations.principals import user_of
from larum.store import access_keys, groups, policies, principal_tags, principals, roles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from larum.context import Context
    from larum.domain.principals import AccessKey

# What only the others have.
NOT_OF: Final[Mapping[PrincipalKind, tuple[str, ...]]] = {
    PrincipalKind.USER: ("assumeRolePolicyDocument", "maxSessionDuration"),
    PrincipalKind.ROLE: ("groups", "createAccessKey"),
}


class PrincipalChanges(msgspec.Struct, frozen=True):
    """What makes the policies, groups, users and roles of a directory true, or what is wrong."""

    steps: tuple[Step, ...]
    faults: tuple[FieldFailure, ...]

    def changes(self) -> list[dict[str, Any]]:
        """Return the changes as ApplyDirectory tells them."""
        told = []
        for each in self.steps:
            change = {"action": each.action, "resource": each.resource}
            told.append(change | {"detail": each.detail} if each.detail else change)
        return told

    def make(self, context: Context) -> list[tuple[Step, AccessKey]]:
        """Make them and return the keys that were made.

        Raises what the operations raise: ServiceQuotaExceededException, ConflictException, and
        ValidationException, which names the place in the directory.
        """
        keys = []
        for each in self.steps:
            if each.act is Act.CREATE_KEY:
                keys.append((each, issue_key(context, user_of(context, _named(each)))))
            else:
                _perform(context, each)
        return keys


def changes(context: Context, given: Mapping[str, Any]) -> PrincipalChanges:
    """Return what there is to do for a directory, given in wire names."""
    faults: list[FieldFailure] = []
    wanted = _wanted(given, faults)
    faults += _document_faults(context, wanted)
    present = _present(context, wanted)
    faults += domain.faults(present, wanted)
    return PrincipalChanges(() if faults else tuple(domain.steps(present, wanted)), tuple(faults))


def _wanted(given: Mapping[str, Any], faults: list[FieldFailure]) -> Wanted:
    found_policies: list[WantedPolicy] = []
    holders: list[WantedHolder] = []
    for place, account in _accounts(given):
        for index, each in enumerate(account.get("policies", ())):
            here = f"{place}.policies[{index}]"
            arn = policy_arn(account["id"], each["policyName"])
            document = _document(each["policyDocument"])
            found_policies.append(WantedPolicy(here, arn, account["id"], document))
        for index, each in enumerate(account.get("groups", ())):
            here = f"{place}.groups[{index}]"
            holders.append(_holder(here, account["id"], PrincipalKind.GROUP, each, faults))
        for index, each in enumerate(account.get("principals", ())):
            here = f"{place}.principals[{index}]"
            kind = _kind(here, each, faults)
            if kind is not None:
                holders.append(_holder(here, account["id"], kind, each, faults))
    return Wanted(tuple(found_policies), tuple(holders))


def _accounts(given: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    inside = given.get("organization", {}).get("accounts", ())
    for place, accounts in ((ACCOUNTS, inside), (STANDALONE, given.get("accounts", ()))):
        for index, each in enumerate(accounts):
            yield f"{place}[{index}]", each


def _kind(place: str, given: Mapping[str, Any], faults: list[FieldFailure]) -> PrincipalKind | None:
    kinds = [each for each in NOT_OF if NAMES[each] in given]
    if len(kinds) != 1:
        message = "Member must be given, or roleName, and not both"
        faults.append(FieldFailure(f"{place}.userName", message))
        return None
    for name in NOT_OF[kinds[0]]:
        if name in given:
            message = f"Member must be left out: a {kinds[0]} has none"
            faults.append(FieldFailure(f"{place}.{name}", message))
    return kinds[0]


def _holder(
    place: str,
    account: str,
    kind: PrincipalKind,
    given: Mapping[str, Any],
    faults: list[FieldFailure],
) -> WantedHolder:
    boundary, trust = given.get("permissionsBoundary"), given.get("assumeRolePolicyDocument")
    inline = _unique(f"{place}.inlinePolicies", given.get("inlinePolicies"), "policyName", faults)
    tags = _unique(f"{place}.tags", given.get("tags"), "key", faults)
    return WantedHolder(
        place,
        account,
        kind,
        given[NAMES[kind]],
        groups=_texts(given.get("groups")),
        policies=_texts(given.get("policies"), account),
        inline=None
        if inline is None
        else {name: _document(each["policyDocument"]) for name, each in inline.items()},
        boundary=boundary if boundary in {None, NO_BOUNDARY} else _arn(account, boundary),
        tags=None if tags is None else {key: each["value"] for key, each in tags.items()},
        trust=None if trust is None else _document(trust),
        max_session=given.get("maxSessionDuration"),
        create_access_key=given.get("createAccessKey", False),
    )


def _texts(given: Iterable[str] | None, account: str = "") -> tuple[str, ...] | None:
    if given is None:
        return None
    return tuple(_arn(account, each) if account else each for each in given)


def _arn(account: str, policy: str) -> str:
    """Return the ARN of a policy that is given by it, or by the name that it has in an account."""
    return policy if ":" in policy else policy_arn(account, policy)


def _unique(
    place: str, given: Iterable[Mapping[str, Any]] | None, key: str, faults: list[FieldFailure]
) -> dict[str, Mapping[str, Any]] | None:
    if given is None:
        return None
    found: dict[str, Mapping[str, Any]] = {}
    for index, each in enumerate(given):
        if each[key] in found:
            faults.append(FieldFailure(f"{place}[{index}].{key}", "Member must not repeat another"))
        found[each[key]] = each
    return found


def _document(text: str) -> Document:
    try:
        return Document(text, json.dumps(json.loads(text), sort_keys=True))
    except (ValueError, RecursionError):
        # What is none is refused where it is read as a policy.
        return Document(text, text)


def _document_faults(context: Context, wanted: Wanted) -> Iterator[FieldFailure]:
    permissions = PolicyKind.PERMISSIONS
    for policy in wanted.policies:
        member = f"{policy.place}.policyDocument"
        yield from _read(context, policy.document, permissions, member)
    for holder in wanted.holders:
        for index, document in enumerate((holder.inline or {}).values()):
            member = f"{holder.place}.inlinePolicies[{index}].policyDocument"
            yield from _read(context, document, permissions, member)
        if holder.trust is not None:
            member = f"{holder.place}.assumeRolePolicyDocument"
            yield from _read(context, holder.trust, PolicyKind.TRUST, member)


def _read(
    context: Context, document: Document, kind: PolicyKind, member: str
) -> tuple[FieldFailure, ...]:
    try:
        context.read_policy(document.text, kind, member)
    except ValidationException as error:
        return error.field_list
    return ()


def _present(context: Context, wanted: Wanted) -> Present:
    kept = [(each.key, policies.alike(context.tx, each.arn)) for each in wanted.policies]
    holders = [(each.key, PRESENT[each.kind](context, each)) for each in wanted.holders]
    named = {arn for each in wanted.holders for arn in each.policies or ()}
    named |= {each.boundary for each in wanted.holders if each.boundary is not None}
    teams = {(each.account, name) for each in wanted.holders for name in each.groups or ()}
    return Present(
        {key: (each.arn, _document(each.document)) for key, each in kept if each is not None},
        {key: each for key, each in holders if each is not None},
        frozenset(arn for arn in named if _is_policy(context, arn)),
        frozenset(each for each in teams if groups.get(context.tx, *each) is not None),
    )


def _is_policy(context: Context, arn: str) -> bool:
    if arn == NO_BOUNDARY or arn.startswith(OF_AWS):
        return arn in context.service_policies
    return policies.get(context.tx, arn) is not None


def _present_user(context: Context, wanted: WantedHolder) -> PresentHolder | None:
    user = principals.get(context.tx, wanted.account, wanted.name)
    if user is None:
        return None
    tx = context.tx
    found = [] if wanted.groups is None else groups.of_user(tx, user.account, user.user_name)
    return PresentHolder(
        user.user_name,
        frozenset(each.group_name for each in found),
        boundary=user.boundary_arn,
        has_access_key=wanted.create_access_key and access_keys.count(tx, user.principal) > 0,
        **_held(context, wanted, user.principal),
    )


def _present_group(context: Context, wanted: WantedHolder) -> PresentHolder | None:
    group = groups.get(context.tx, wanted.account, wanted.name)
    if group is None:
        return None
    return PresentHolder(group.group_name, **_held(context, wanted, group.principal))


def _present_role(context: Context, wanted: WantedHolder) -> PresentHolder | None:
    role = roles.get(context.tx, wanted.account, wanted.name)
    if role is None:
        return None
    return PresentHolder(
        role.role_name,
        boundary=role.boundary_arn,
        trust=_document(role.trust_policy),
        max_session=role.max_session_seconds,
        **_held(context, wanted, role.principal),
    )


PRESENT: Final = {
    PrincipalKind.USER: _present_user,
    PrincipalKind.GROUP: _present_group,
    PrincipalKind.ROLE: _present_role,
}


def _held(context: Context, wanted: WantedHolder, principal: Principal) -> dict[str, Any]:
    """Return what stands in the tables that all kinds share, as far as the file speaks of it."""
    of = (context.tx, principal.account, principal.arn)
    inline = {} if wanted.inline is None else policies.inline(*of)
    return {
        "policies": frozenset(() if wanted.policies is None else policies.attached(*of)),
        "inline": {name: _document(text) for name, text in inline.items()},
        "tags": {} if wanted.tags is None else principal_tags.get(*of),
    }


def _perform(context: Context, step: Step) -> None:
    operation, params = _call(step)
    try:
        IAM_OPERATIONS[operation].function(context, params)
    except ValidationException as error:
        raise ValidationException.of_fields(
            tuple(FieldFailure(step.place, each.message) for each in error.field_list)
        ) from error


def _named(step: Step) -> dict[str, Any]:
    name = "policyName" if step.kind is None else NAMES[step.kind]
    return {"accountId": step.account, name: step.name}


def _call(step: Step) -> tuple[str, dict[str, Any]]:
    """Return the operation of a step and its params; KeyError for an act that is not below."""
    kind = "" if step.kind is None else step.kind.title()
    operation, members = CALLS[step.act]
    values = {
        "what": step.what,
        "text": step.text or None,
        "arn": policy_arn(step.account, step.name),
        "yes": True,
        "tags": [{"key": key, "value": value} for key, value in step.tags.items()],
        "keys": [*step.tags],
        "seconds": step.seconds,
    }
    given = {member: values[source] for member, source in members.items()}
    given = {member: value for member, value in given.items() if value is not None}
    return operation.format(kind=kind), _named(step) | given


DOCUMENT: Final = {"policyDocument": "text"}
# By act: the operation and where the value of each member is from.
CALLS: Final[Mapping[Act, tuple[str, Mapping[str, str]]]] = {
    Act.CREATE_POLICY: ("CreatePolicy", DOCUMENT),
    Act.UPDATE_POLICY: (
        "CreatePolicyVersion",
        {"policyArn": "arn", "setAsDefault": "yes", **DOCUMENT},
    ),
    Act.CREATE: (
        "Create{kind}",
        {"assumeRolePolicyDocument": "text", "maxSessionDuration": "seconds"},
    ),
    Act.REMOVE_FROM_GROUP: ("RemoveUserFromGroup", {"groupName": "what"}),
    Act.ADD_TO_GROUP: ("AddUserToGroup", {"groupName": "what"}),
    Act.DETACH: ("Detach{kind}Policy", {"policyArn": "what"}),
    Act.ATTACH: ("Attach{kind}Policy", {"policyArn": "what"}),
    Act.DELETE_INLINE: ("Delete{kind}Policy", {"policyName": "what"}),
    Act.PUT_INLINE: ("Put{kind}Policy", {"policyName": "what", **DOCUMENT}),
    Act.DELETE_BOUNDARY: ("Delete{kind}PermissionsBoundary", {}),
    Act.PUT_BOUNDARY: ("Put{kind}PermissionsBoundary", {"permissionsBoundary": "what"}),
    Act.UNTAG: ("Untag{kind}", {"tagKeys": "keys"}),
    Act.TAG: ("Tag{kind}", {"tags": "tags"}),
    Act.UPDATE_TRUST: ("UpdateAssumeRolePolicy", DOCUMENT),
    Act.UPDATE_ROLE: ("UpdateRole", {"maxSessionDuration": "seconds"}),
}
