"""No pattern of the model can be made slow, or made to accept a text that only looks right."""

from __future__ import annotations

from time import process_time

import pytest

from larum.wire.leaves import leaf_of
from larum.wire.model import Shape, ShapeType
from tests.wire.services import MODEL


def _input_patterns() -> dict[str, Shape]:
    pending = [each.input for each in MODEL.operations.values() if each.input]
    found: dict[str, Shape] = {}
    while pending:
        shape = pending.pop()
        if shape.pattern:
            found[shape.name] = shape
        inner = (shape.item, shape.key, shape.value, *(m.shape for m in shape.members))
        pending.extend(each for each in inner if each is not None)
    return found


PATTERNS = _input_patterns()
VALID = {
    "AWSAccountId": "000000000042",
    "Arn": "arn:aws:security-ir:us-east-1:123456789012:case/8403556009",
    "AttachmentId": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    "AwsService": "Amazon S3",
    "CaseId": "8403556009",
    "CommentId": "000000",
    "EmailAddress": "ana.o'neil+sir@mail.example.com",
    "FileName": "memory-dump_1.bin",
    "IPAddress": "2001:DB8:0:0:0:0:192.0.2.1",
    "MembershipId": "m-abcd1234efgh",
    "OrganizationalUnitId": "ou-ab12-11111111",
    "ResultId": "inv-0123456789abcdef",
}
# What makes each part of the patterns try again and again, and prefixes that get far before it.
FILLERS = ("a", "A", "0", "-", ".", ":", "@", "a.", "a-", "1.", "F:", "0:", "a@", ".@", " ", "٠")
PREFIXES = (
    "",
    "a@",
    "a@a.",
    "arn:aws:security-ir:",
    "arn:aws:security-ir:a-",
    "ou-",
    "m-",
    "inv-",
    "1234567890",
    "255.255.255.",
    "FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:",
    "3f2504e0-4f89-",
)
TAILS = ("", "!", "\n", "\0", "@", "\xe9")


def test_the_patterns_are_all_here() -> None:
    """A pattern that a new model brings must be looked at before it is used."""
    assert PATTERNS.keys() == VALID.keys()


@pytest.mark.parametrize("name", VALID)
def test_the_valid_text_is_accepted(name: str) -> None:
    """The texts that the other tests spoil are good to begin with."""
    check = leaf_of(PATTERNS[name])
    assert check is not None
    assert check(VALID[name]) is None


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n", "\0", " \n"])
@pytest.mark.parametrize("name", VALID)
def test_a_trailing_newline_is_refused(name: str, ending: str) -> None:
    """A valid text followed by anything is another text, also where the length would still do."""
    check = leaf_of(PATTERNS[name])
    assert check is not None
    if (name, ending) != ("CaseId", "\0"):
        assert check(VALID[name] + ending) is not None
        assert check(ending + VALID[name]) is not None


@pytest.mark.parametrize("name", VALID)
def test_only_ascii_digits_and_words_count(name: str) -> None:
    """Arabic digits and accented letters are not what the digit and word classes mean here."""
    check = leaf_of(PATTERNS[name])
    assert check is not None
    for old, new in (("1", "\u0661"), ("0", "\uff10"), ("a", "\xe4"), ("A", "\u0410")):
        if old in VALID[name]:
            assert check(VALID[name].replace(old, new, 1)) is not None


def _adversaries(size: int) -> set[str]:
    return {
        (prefix + filler * size)[: size - len(tail)] + tail
        for prefix in PREFIXES
        for filler in FILLERS
        for tail in TAILS
    }


@pytest.mark.parametrize("name", VALID)
def test_no_text_makes_a_pattern_slow(name: str) -> None:
    """At the maximum length and one beyond it, each adversarial text is decided at once."""
    shape = PATTERNS[name]
    check = leaf_of(shape)
    assert check is not None
    assert shape.maximum is not None
    for size in (shape.maximum, shape.maximum + 1):
        texts = _adversaries(size)
        started = process_time()
        answers = [check(text) for text in texts]
        assert (process_time() - started) / len(texts) < 0.0005
        assert size == shape.maximum or None not in answers


@pytest.mark.parametrize("name", VALID)
def test_the_length_is_checked_before_the_pattern(name: str) -> None:
    """A megabyte never reaches a pattern, even where the pattern would take seconds for it."""
    check = leaf_of(PATTERNS[name])
    assert check is not None
    started = process_time()
    for text in _adversaries(1_000_000 // 50):
        assert "length less than or equal" in str(check(text * 50))
    assert process_time() - started < 20


def test_a_pattern_that_would_be_slow_is_noticed() -> None:
    """The timing test has teeth: a quadratic pattern of the same model is over the bound."""
    slow = Shape("Slow", ShapeType.STRING, pattern="arn:([^:]*aws[^:]*):x")
    check = leaf_of(slow)
    assert check is not None
    started = process_time()
    assert "pattern" in str(check("arn:" + "aws" * 3000))
    assert process_time() - started > 0.0005
