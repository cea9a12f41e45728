"""From the policies, groups, users and roles that are to those that a file wants: steps, or faults.

Nobody and no policy is taken away: what the file does not name stays as it is. Of whom it names, a
list or mapping that it gives (groups, policies, tags) is the whole one, and what it does not give
stays.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from larum.domain.policies import name_of
from larum.domain.principals import PrincipalKind, folded
from larum.errors import FieldFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NO_BOUNDARY: Final = "none"
UNTRUSTED: Final = (
    "Member must be given: the role is new, and somebody must be trusted to assume it"
)
# The member of the API that names one of each kind.
NAMES: Final[Mapping[PrincipalKind, str]] = {
    PrincipalKind.USER: "userName",
    PrincipalKind.GROUP: "groupName",
    PrincipalKind.ROLE: "roleName",
}


class Act(StrEnum):
    """What is done in a step, spelled as the verb of `larum iam`; `{kind}` is user, group, role."""

    CREATE_POLICY = "create-policy"
    UPDATE_POLICY = "create-policy-version"
    CREATE = "create-{kind}"
    REMOVE_FROM_GROUP = "remove-user-from-group"
    ADD_TO_GROUP = "add-user-to-group"
    DETACH = "detach-{kind}-policy"
    ATTACH = "attach-{kind}-policy"
    DELETE_INLINE = "delete-{kind}-policy"
    PUT_INLINE = "put-{kind}-policy"
    DELETE_BOUNDARY = "delete-{kind}-permissions-boundary"
    PUT_BOUNDARY = "put-{kind}-permissions-boundary"
    UNTAG = "untag-{kind}"
    TAG = "tag-{kind}"
    UPDATE_TRUST = "update-assume-role-policy"
    UPDATE_ROLE = "update-role"
    CREATE_KEY = "create-access-key"


class Document(msgspec.Struct, frozen=True):
    """A policy as it is written, and its `meaning`: the canonical form of what it says."""

    text: str
    meaning: str

    def says(self, other: Document | None) -> bool:
        """Return whether it says what `other` does, however they are written."""
        return other is not None and self.meaning == other.meaning


class WantedPolicy(msgspec.Struct, frozen=True):
    """A managed policy as the file has it; `place` is its path there."""

    place: str
    arn: str
    account: str
    document: Document

    @property
    def key(self) -> str:
        """What no two policies have alike."""
        return folded(self.arn)


class WantedHolder(msgspec.Struct, frozen=True):
    """A user, group or role as the file has it; None means as it is, or nothing for a new one.

    `policies` are ARNs, `boundary` is one or `none`, `max_session` in seconds.
    """

    place: str
    account: str
    kind: PrincipalKind
    name: str
    groups: tuple[str, ...] | None = None
    policies: tuple[str, ...] | None = None
    inline: Mapping[str, Document] | None = None
    boundary: str | None = None
    tags: Mapping[str, str] | None = None
    trust: Document | None = None
    max_session: int | None = None
    create_access_key: bool = False

    @property
    def key(self) -> tuple[str, PrincipalKind, str]:
        """What no two have alike: account, kind, and the name without regard to case."""
        return self.account, self.kind, folded(self.name)

    def step(self, act: Act, member: str = "", what: str = "", text: str = "") -> Step:
        """Return a step on it, which comes from that member of the file."""
        place = f"{self.place}.{member}" if member else self.place
        return Step(act, place, self.account, self.name, self.kind, what, text)


class PresentHolder(msgspec.Struct, frozen=True):
    """What is true of a user, group or role; `name` in its own spelling, `boundary` an ARN."""

    name: str
    groups: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()
    inline: Mapping[str, Document] = {}
    boundary: str | None = None
    tags: Mapping[str, str] = {}
    trust: Document | None = None
    max_session: int | None = None
    has_access_key: bool = False


class Wanted(msgspec.Struct, frozen=True):
    """Everything that the file names."""

    policies: tuple[WantedPolicy, ...] = ()
    holders: tuple[WantedHolder, ...] = ()


class Present(msgspec.Struct, frozen=True):
    """What there is of it: policies by key, holders by key; and what else the file refers to.

    `policies` are ARN and document, `known_policies` the ARNs of policies that are there,
    `known_groups` groups that are there, each with its account.
    """

    policies: Mapping[str, tuple[str, Document]] = {}
    holders: Mapping[tuple[str, PrincipalKind, str], PresentHolder] = {}
    known_policies: frozenset[str] = frozenset()
    known_groups: frozenset[tuple[str, str]] = frozenset()


class Step(msgspec.Struct, frozen=True):
    """One change; `name` is the principal's or policy's.

    `what` is a group, or the ARN or name of a policy; `text` that of a document, `seconds` how long
    a role's sessions last at most, `tags` those that are put, or taken by their keys.
    """

    act: Act
    place: str
    account: str
    name: str
    kind: PrincipalKind | None = None
    what: str = ""
    text: str = ""
    seconds: int | None = None
    tags: Mapping[str, str] = {}

    @property
    def action(self) -> str:
        """What it is called, for whoever reads the changes."""
        return self.act.format(kind=self.kind)

    @property
    def resource(self) -> str:
        """On whom it is done, or on what: `NAME@ACCOUNT`."""
        return f"{self.name}@{self.account}"

    @property
    def detail(self) -> str:
        """What it is about; empty where the resource says it all."""
        return name_of(self.what)


def steps(present: Present, wanted: Wanted) -> list[Step]:
    """Return the changes from `present` to `wanted`, which `faults` found none in, in order."""
    return [
        *_policy_steps(present, wanted.policies),
        *_new_holders(present, wanted.holders),
        *(
            step
            for each in wanted.holders
            for step in _differences(present.holders.get(each.key, _new(each)), each)
        ),
        *(
            each.step(Act.CREATE_KEY)
            for each in wanted.holders
            if each.create_access_key
            and not present.holders.get(each.key, _new(each)).has_access_key
        ),
    ]


def faults(present: Present, wanted: Wanted) -> list[FieldFailure]:
    """Return everything that keeps `wanted` from being made true, each with its path."""
    return [
        *_spelling_faults(present, wanted),
        *_policy_faults(present, wanted),
        *_group_faults(present, wanted),
        *(
            FieldFailure(f"{each.place}.assumeRolePolicyDocument", UNTRUSTED)
            for each in wanted.holders
            if each.kind is PrincipalKind.ROLE and each.trust is None
            if each.key not in present.holders
        ),
    ]


def _new(wanted: WantedHolder) -> PresentHolder:
    return PresentHolder(wanted.name, trust=wanted.trust, max_session=wanted.max_session)


def _policy_steps(present: Present, wanted: Iterable[WantedPolicy]) -> Iterator[Step]:
    for each in wanted:
        found = present.policies.get(each.key)
        if found is None or not each.document.says(found[1]):
            act = Act.CREATE_POLICY if found is None else Act.UPDATE_POLICY
            name, text = name_of(each.arn), each.document.text
            yield Step(act, each.place, each.account, name, text=text)


def _new_holders(present: Present, wanted: Iterable[WantedHolder]) -> Iterator[Step]:
    for each in wanted:
        if each.key not in present.holders:
            text = "" if each.trust is None else each.trust.text
            yield replace(each.step(Act.CREATE, text=text), seconds=each.max_session)


def _differences(present: PresentHolder, wanted: WantedHolder) -> Iterator[Step]:
    yield from _group_steps(present, wanted)
    yield from _attached_steps(present, wanted)
    yield from _inline_steps(present, wanted)
    yield from _boundary_steps(present, wanted)
    yield from _tag_steps(present, wanted)
    yield from _role_steps(present, wanted)


def _group_steps(present: PresentHolder, wanted: WantedHolder) -> Iterator[Step]:
    if wanted.groups is not None:
        for gone in sorted(present.groups - {*wanted.groups}):
            yield wanted.step(Act.REMOVE_FROM_GROUP, "groups", gone)
        for each in wanted.groups:
            if each not in present.groups:
                yield wanted.step(Act.ADD_TO_GROUP, "groups", each)


def _attached_steps(present: PresentHolder, wanted: WantedHolder) -> Iterator[Step]:
    if wanted.policies is not None:
        for gone in sorted(present.policies - {*wanted.policies}):
            yield wanted.step(Act.DETACH, "policies", gone)
        for each in wanted.policies:
            if each not in present.policies:
                yield wanted.step(Act.ATTACH, "policies", each)


def _inline_steps(present: PresentHolder, wanted: WantedHolder) -> Iterator[Step]:
    if wanted.inline is not None:
        for gone in sorted(present.inline.keys() - wanted.inline.keys()):
            yield wanted.step(Act.DELETE_INLINE, "inlinePolicies", gone)
        for index, (name, document) in enumerate(wanted.inline.items()):
            if not document.says(present.inline.get(name)):
                member = f"inlinePolicies[{index}].policyDocument"
                yield wanted.step(Act.PUT_INLINE, member, name, document.text)


def _boundary_steps(present: PresentHolder, wanted: WantedHolder) -> Iterator[Step]:
    named = wanted.boundary
    if named == NO_BOUNDARY and present.boundary is not None:
        yield wanted.step(Act.DELETE_BOUNDARY, "permissionsBoundary")
    elif named not in {None, NO_BOUNDARY, present.boundary}:
        yield wanted.step(Act.PUT_BOUNDARY, "permissionsBoundary", named or "")


def _tag_steps(present: PresentHolder, wanted: WantedHolder) -> Iterator[Step]:
    if wanted.tags is None:
        return
    kept = {folded(key) for key in wanted.tags}
    gone = {key: "" for key in present.tags if folded(key) not in kept}
    put = {key: value for key, value in wanted.tags.items() if present.tags.get(key) != value}
    for act, tags in ((Act.UNTAG, gone), (Act.TAG, put)):
        if tags:
            yield replace(wanted.step(act, "tags"), tags=tags)


def _role_steps(present: PresentHolder, wanted: WantedHolder) -> Iterator[Step]:
    if wanted.trust is not None and not wanted.trust.says(present.trust):
        yield wanted.step(Act.UPDATE_TRUST, "assumeRolePolicyDocument", text=wanted.trust.text)
    longest = wanted.max_session
    if longest is not None and longest != present.max_session:
        step = wanted.step(Act.UPDATE_ROLE, "maxSessionDuration")
        yield replace(step, seconds=longest)


def _spelling_faults(present: Present, wanted: Wanted) -> Iterator[FieldFailure]:
    """Find names that stand twice, and those that differ in case from what is there."""
    seen: dict[object, str] = {}
    for policy in wanted.policies:
        found = present.policies.get(policy.key)
        there = None if found is None else name_of(found[0])
        place = f"{policy.place}.policyName"
        yield from _misspelt(seen, policy.key, place, name_of(policy.arn), there)
    for holder in wanted.holders:
        known = present.holders.get(holder.key)
        place = f"{holder.place}.{NAMES[holder.kind]}"
        name = None if known is None else known.name
        yield from _misspelt(seen, holder.key, place, holder.name, name)


def _misspelt(
    seen: dict[object, str], key: object, place: str, name: str, there: str | None
) -> Iterator[FieldFailure]:
    first = seen.setdefault(key, place)
    if first != place:
        yield FieldFailure(place, f"Member must not repeat {first}")
    elif there is not None and there != name:
        message = f"Member must be written {there}: it is there, and case tells no two apart"
        yield FieldFailure(place, message)


def _policy_faults(present: Present, wanted: Wanted) -> Iterator[FieldFailure]:
    known = present.known_policies | {each.arn for each in wanted.policies}
    message = "Member must be a policy of the account or of the service; there is no"
    for holder in wanted.holders:
        for index, arn in enumerate(holder.policies or ()):
            if arn not in known:
                yield FieldFailure(f"{holder.place}.policies[{index}]", f"{message} {arn}")
        bound = holder.boundary
        if bound is not None and bound != NO_BOUNDARY and bound not in known:
            yield FieldFailure(f"{holder.place}.permissionsBoundary", f"{message} {bound}")


def _group_faults(present: Present, wanted: Wanted) -> Iterator[FieldFailure]:
    made = {
        (each.account, each.name) for each in wanted.holders if each.kind is PrincipalKind.GROUP
    }
    known = present.known_groups | made
    for holder in wanted.holders:
        for index, group in enumerate(holder.groups or ()):
            if (holder.account, group) not in known:
                message = f"Member must be a group of the account; there is no {group}"
                yield FieldFailure(f"{holder.place}.groups[{index}]", message)
