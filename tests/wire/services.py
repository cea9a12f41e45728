"""The real model, router and validator that the tests of this folder share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.wire.model import load
from larum.wire.rest_json import parse_request
from larum.wire.router import Router
from larum.wire.validator import Validator

if TYPE_CHECKING:
    from larum.wire.model import Operation, Shape
    from tests.wire.raw_requests import RawRequest

MODEL = load("security-ir")
LARUM = load("larum")
OF_ALL_MODELS = {each.key: each for model in (MODEL, LARUM) for each in model.operations.values()}
ROUTER = Router([MODEL])
VALIDATOR = Validator(MODEL)


def operation(key: str) -> Operation:
    """Return the operation of that key: its name, after `larum:` for one of the second model."""
    return OF_ALL_MODELS[key]


def service_of(key: str) -> str:
    """Return the signing name of the service that has the operation of that key."""
    return operation(key).service


def input_of(name: str) -> Shape:
    """Return the input structure of the operation of that name."""
    shape = MODEL.operations[name].input
    assert shape is not None
    return shape


def parsed(request: RawRequest) -> dict[str, object]:
    """Route and parse `request`; AssertionError where no operation has its path."""
    match = ROUTER.match(request.method, request.raw_path)
    assert match is not None
    return parse_request(match, request.raw_query, request.content_type, request.body)
