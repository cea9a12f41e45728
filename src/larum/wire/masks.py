"""Params as an audit record may show them: ids, choices, numbers and times, and `***` for texts.

CloudTrail masks what the model calls sensitive. Here a text is masked unless its shape is known to
be harmless: tags, metadata and user agents are as telling, and a shape that comes later is masked
until somebody says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from larum.wire import timestamps
from larum.wire.model import ShapeType

if TYPE_CHECKING:
    from larum.wire.model import Operation, Shape

Mask = Callable[[object], object]

MASKED: Final = "***"
# A longer list is told by its length: a directory of thousands of accounts is no audit record.
LONGEST: Final = 50
HARMLESS: Final = frozenset(
    {
        "AWSAccountId",
        "AccessKeyId",
        "AccountId",
        "Arn",
        "AttachmentId",
        "AwsService",
        "CaseId",
        "CommentId",
        "ControlPolicyId",
        "ControlPolicyTarget",
        "DelegatedAdministrator",
        "FindingId",
        "GroupName",
        "InvestigationId",
        "MembershipId",
        "OrganizationChildId",
        "OrganizationParentId",
        "OrganizationalUnitId",
        "PolicyArn",
        "PolicyName",
        "Region",
        "ResultId",
        "RoleName",
        "UserName",
    }
)
"""The shapes of texts that are no person's and no case's words."""


def masked(operation: Operation, params: Mapping[str, object]) -> object:
    """Return the validated params of `operation` without any text that may be sensitive."""
    return {} if operation.input is None else _mask_of(operation.input)(params)


@cache
def _mask_of(shape: Shape) -> Mask:
    if shape.sensitive:
        return _hide
    return _MASKS[shape.type](shape)


def _same(value: object) -> object:
    return value


def _hide(_: object) -> object:
    return MASKED


def _timestamp(value: object) -> object:
    # As in CloudTrail's own sample: whole seconds since 1970 where there is no fraction.
    return timestamps.to_epoch(value) if isinstance(value, datetime) else MASKED


def _structure(shape: Shape) -> Mask:
    masks = {each.name: _mask_of(each.shape) for each in shape.members}

    @lru_cache(maxsize=64)
    def plan(present: tuple[str, ...]) -> tuple[dict[str, str], tuple[tuple[str, Mask], ...]]:
        # Callers send the same few sets of members again and again: looked up once each.
        hidden = {name: MASKED for name in present if masks[name] is _hide}
        rest = tuple((name, masks[name]) for name in present if masks[name] not in (_hide, _same))
        return hidden, rest

    def mask(value: object) -> object:
        if not isinstance(value, Mapping):
            return MASKED
        hidden, rest = plan(tuple(value))
        shown = {**value, **hidden}
        for name, each in rest:
            shown[name] = each(shown[name])
        return shown

    return mask


def _list(shape: Shape) -> Mask:
    item = _hide if shape.item is None else _mask_of(shape.item)

    def mask(value: object) -> object:
        if not isinstance(value, list | tuple):
            return MASKED
        if len(value) > LONGEST:
            return f"{MASKED} ({len(value)})"
        if item is _same:
            return value
        return [MASKED] * len(value) if item is _hide else [item(each) for each in value]

    return mask


_MASKS: Final[Mapping[ShapeType, Callable[[Shape], Mask]]] = {
    ShapeType.BOOLEAN: lambda _: _same,
    ShapeType.INTEGER: lambda _: _same,
    ShapeType.LIST: _list,
    ShapeType.LONG: lambda _: _same,
    ShapeType.MAP: lambda _: _hide,
    ShapeType.STRING: lambda shape: _same if shape.enum or shape.name in HARMLESS else _hide,
    ShapeType.STRUCTURE: _structure,
    ShapeType.TIMESTAMP: lambda _: _timestamp,
}
