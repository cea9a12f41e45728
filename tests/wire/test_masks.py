"""What an audit record shows of params: ids, choices, numbers and times, and no text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from larum.wire import masks
from larum.wire.model import ShapeType
from tests.wire.services import LARUM, MODEL, operation

if TYPE_CHECKING:
    from larum.wire.model import Shape

MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)


def filled(shape: Shape) -> Any:  # noqa: ANN401, PLR0911 - whatever the shape is; one by type
    """Return a value of the shape with every member, and the text `canary` wherever one fits."""
    match shape.type:
        case ShapeType.STRUCTURE:
            return {each.name: filled(each.shape) for each in shape.members}
        case ShapeType.LIST:
            assert shape.item is not None
            return [filled(shape.item)]
        case ShapeType.MAP:
            return {"canary": "canary"}
        case ShapeType.TIMESTAMP:
            return MOMENT
        case ShapeType.STRING:
            return shape.enum[0] if shape.enum else f"canary of {shape.name}"
        case ShapeType.BOOLEAN:
            return True
        case _:
            return 7


def test_no_operation_shows_a_text() -> None:
    """Of every operation of both models, only the listed ids and choices are shown."""
    for model in (MODEL, LARUM):
        for each in model.operations.values():
            if each.input is None:
                continue
            told = json.dumps(masks.masked(each, filled(each.input)))
            shown = {part.split('"')[0] for part in told.split("canary of ")[1:]}
            assert shown <= masks.HARMLESS, each.key
            assert '"canary"' not in told, each.key


def test_no_harmless_shape_is_sensitive() -> None:
    """What the models call sensitive is not on the list of what is shown."""
    for model in (MODEL, LARUM):
        for each in model.operations.values():
            for member in () if each.input is None else each.input.members:
                assert not (member.shape.sensitive and member.shape.name in masks.HARMLESS)
    assert not masks.HARMLESS & {
        "TagKey",
        "TagValue",
        "UserAgent",
        "FeedbackComment",
        "ClientToken",
    }


def test_a_case_is_shown_as_cloudtrail_shows_it() -> None:
    """Title, description and addresses are masked; services, Regions and times are not."""
    params = {
        "title": "Keys stolen",
        "resolverType": "AWS",
        "reportedIncidentStartDate": MOMENT,
        "impactedServices": ["AWS IAM"],
        "threatActorIpAddresses": [{"ipAddress": "192.0.2.1", "userAgent": "curl"}],
        "tags": {"team": "shop"},
    }
    assert masks.masked(operation("CreateCase"), params) == {
        "title": "***",
        "resolverType": "AWS",
        "reportedIncidentStartDate": int(MOMENT.timestamp()),
        "impactedServices": ["AWS IAM"],
        "threatActorIpAddresses": [{"ipAddress": "***", "userAgent": "***"}],
        "tags": "***",
    }


def test_a_long_list_is_told_by_its_length() -> None:
    """Thousands of accounts are no audit record."""
    accounts = [f"{number:012d}" for number in range(5_000)]
    told = masks.masked(
        operation("larum:AssociateMemberAccounts"), {"accountIds": accounts, "region": "us-east-1"}
    )
    assert told == {"accountIds": "*** (5000)", "region": "us-east-1"}
