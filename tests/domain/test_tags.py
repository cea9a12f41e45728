"""The rules of tags: what changes, what goes, and 200 at most."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larum.domain import tags
from larum.errors import ValidationException

KEYS = st.sampled_from("abcdefgh")
TAGS = st.dictionaries(KEYS, st.sampled_from(["", "1", "2"]))


@given(TAGS, TAGS)
def test_added_is_exactly_what_changes(present: dict[str, str], given_tags: dict[str, str]) -> None:
    """What `added` returns turns the present tags into present and given; nothing is idle."""
    changes = tags.added(present, given_tags)
    assert present | changes == present | given_tags
    assert all(present.get(key) != value for key, value in changes.items())


@given(TAGS, st.lists(KEYS))
def test_removed_is_what_is_there(present: dict[str, str], keys: list[str]) -> None:
    """What `removed` returns is there, was named, and comes once."""
    gone = tags.removed(present, keys)
    assert set(gone) == present.keys() & set(keys)
    assert len(gone) == len(set(gone))


def test_two_hundred_are_the_most() -> None:
    """The 201st key is refused; new values for 200 keys are not."""
    full = {f"key{number}": "x" for number in range(200)}
    assert len(tags.added(full, dict.fromkeys(full, "y"))) == 200
    assert tags.added({}, full) == full
    with pytest.raises(ValidationException) as caught:
        tags.added(full, {"one more": "x"})
    assert [each.name for each in caught.value.field_list] == ["tags"]
    assert "one more" not in caught.value.message
