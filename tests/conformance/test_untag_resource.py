"""untag_resource: removes tags by key; keys that are not there are no error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.page import without_metadata
from tests.conformance.tagged import tagged

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def test_tags_are_removed(connect: Instance, account: str) -> None:
    """The named tags go, the others stay; the answer is 200 and empty."""
    there = tagged(connect, account, {"a": "1", "b": "2", "c": "3"})
    response = there.client.untag_resource(resourceArn=there.arn, tagKeys=["a", "c"])
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert without_metadata(response) == {}
    assert there.tags == {"b": "2"}


def test_missing_and_repeated_keys_are_no_error(connect: Instance, account: str) -> None:
    """Removing what is not there, or the same key twice, answers 200, as a retry needs."""
    there = tagged(connect, account, {"a": "1", "b": "2"})
    for _ in range(2):
        there.client.untag_resource(resourceArn=there.arn, tagKeys=["a", "never", "a"])
    assert there.tags == {"b": "2"}


def test_keys_survive_the_query_string(connect: Instance, account: str) -> None:
    """Keys with spaces, slashes, plus signs and any script are found and removed."""
    keys = ["a b", "c/d", "e+f", "g=h", "i:j@k", "größe", "東京", "\u00a0x"]
    there = tagged(connect, account, {"stay": "x", **dict.fromkeys(keys, "y")})
    there.client.untag_resource(resourceArn=there.arn, tagKeys=keys)
    assert there.tags == {"stay": "x"}


def test_two_hundred_keys_go_at_once(connect: Instance, account: str) -> None:
    """All 200 tags that a membership may have can be removed in one request."""
    keys = [f"key{number}" for number in range(200)]
    there = tagged(connect, account, dict.fromkeys(keys, "x"))
    there.client.untag_resource(resourceArn=there.arn, tagKeys=keys)
    assert there.tags == {}
