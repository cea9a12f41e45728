"""tag_resource: adds tags and changes their values, up to 200 in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.page import failed_fields, without_metadata
from tests.conformance.tagged import tagged

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def test_tags_are_added_and_changed(connect: Instance, account: str) -> None:
    """New keys are added, known keys get the new value, the others stay; the answer is 204."""
    there = tagged(connect, account, {"stay": "1", "change": "old"})
    response = there.client.tag_resource(
        resourceArn=there.arn, tags={"change": "new", "added": "", "größe": "\u00e9"}
    )
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert without_metadata(response) == {}
    assert there.tags == {"stay": "1", "change": "new", "added": "", "größe": "\u00e9"}


def test_repeating_changes_nothing(connect: Instance, account: str) -> None:
    """The same tags again are 204, and so is a retry after a lost answer."""
    there = tagged(connect, account, {"a": "1"})
    for _ in range(2):
        there.client.tag_resource(resourceArn=there.arn, tags={"a": "1", "b": "2"})
    assert there.tags == {"a": "1", "b": "2"}


def test_keys_differ_by_letter_case(connect: Instance, account: str) -> None:
    """`Team` and `team` are two tags."""
    there = tagged(connect, account, {"team": "1"})
    there.client.tag_resource(resourceArn=there.arn, tags={"Team": "2"})
    assert there.tags == {"team": "1", "Team": "2"}


def test_two_hundred_tags_are_the_most(connect: Instance, account: str) -> None:
    """The 201st tag is a ValidationException and adds none of its request; changing is allowed."""
    there = tagged(connect, account, {f"key{number}": "x" for number in range(199)})
    with pytest.raises(there.client.exceptions.ValidationException) as caught:
        there.client.tag_resource(resourceArn=there.arn, tags={"one": "1", "two": "2"})
    assert failed_fields(caught.value).keys() == {"tags"}
    assert len(there.tags) == 199
    there.client.tag_resource(resourceArn=there.arn, tags={"one": "1", "key0": "changed"})
    assert len(there.tags) == 200
    assert there.tags["key0"] == "changed"


@pytest.mark.parametrize("key", ["aws:team", "AWS:team", "aWs:"])
def test_reserved_keys_are_refused(connect: Instance, account: str, key: str) -> None:
    """Keys that begin with aws: in any letter case belong to AWS."""
    there = tagged(connect, account, {})
    with pytest.raises(there.client.exceptions.ValidationException):
        there.client.tag_resource(resourceArn=there.arn, tags={key: "x", "fine": "y"})
    assert there.tags == {}
