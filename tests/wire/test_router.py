"""Every path that an SDK writes finds its operation, and nothing else finds one."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larum.wire.model import Location
from larum.wire.router import Router
from tests.wire.botocore_requests import botocore_request
from tests.wire.examples import MEMBERSHIP_ARN, OPERATION_NAMES, example
from tests.wire.services import MODEL, ROUTER, operation

LABEL_TEXT = st.text(st.characters(codec="utf-8"), min_size=1)


@given(st.data())
@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_a_path_that_botocore_writes_finds_its_operation(name: str, data: st.DataObject) -> None:
    """Whatever the labels hold - slashes, percent signs, emoji - the path stays its operation's."""
    params = example(name)
    for member in operation(name).located(Location.URI):
        params[member.name] = data.draw(LABEL_TEXT.filter(lambda text: text not in (".", "..")))
    request = botocore_request(name, params)
    match = ROUTER.match(request.method, request.raw_path)
    assert match is not None
    assert match.operation.name == name
    assert match.service is MODEL
    labels = {each.name: quote(str(params[each.name]), safe="-._~")
              for each in operation(name).located(Location.URI)}  # fmt: skip
    assert match.labels == labels


def test_an_encoded_arn_is_one_segment() -> None:
    """`%2F` does not split a path, and the label stays as it came."""
    raw = quote(MEMBERSHIP_ARN, safe="")
    assert "%3A" in raw
    assert "%2F" in raw
    match = ROUTER.match("GET", f"/v1/tags/{raw}")
    assert match is not None
    assert match.operation.name == "ListTagsForResource"
    assert match.labels == {"resourceArn": raw}


@pytest.mark.parametrize(
    ("method", "raw_path"),
    [
        ("GET", ""),
        ("GET", "/"),
        ("GET", "v1/membership/m-abcd1234efgh"),
        ("GET", "//v1/membership/m-abcd1234efgh"),
        ("GET", "/v1/membership/"),
        ("GET", "/v1//m-abcd1234efgh"),
        ("POST", "/v1/membership/"),
        ("POST", "/v1/Membership"),
        ("POST", "/v1/%6dembership"),
        ("POST", "/v1/membership/x/../membership"),
        ("POST", "/v1/membership?x"),
        ("DELETE", "/v1/membership/m-abcd1234efgh"),
        ("HEAD", "/v1/membership/m-abcd1234efgh"),
        ("post", "/v1/membership"),
        ("GET", "/v1/tags/arn:aws:security-ir:us-east-1:123456789012:case/8403556009"),
        ("GET", "/v1/cases/1/get-presigned-url/"),
        ("POST", "/v1/cases//get-presigned-url"),
        ("GET", "/" + "a/" * 5000),
    ],
)
def test_other_paths_find_nothing(method: str, raw_path: str) -> None:
    """No other method, letter case, empty segment or decoded form is let through."""
    assert ROUTER.match(method, raw_path) is None


def test_a_model_with_a_taken_path_is_refused() -> None:
    """Two operations cannot share a method and a path."""
    with pytest.raises(ValueError, match="taken"):
        Router([MODEL, MODEL])
