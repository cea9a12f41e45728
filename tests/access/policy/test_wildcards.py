"""Wildcards cost time in proportion to their lengths, whatever the pattern."""

from __future__ import annotations

import time

import pytest

from larum.access.policy.wildcards import arn_glob_of, glob_of, tokens_of

ARN = "arn:aws:security-ir:us-east-1:111111111111:case/"


@pytest.mark.parametrize(
    "bomb",
    ["*a" * 2800 + "*b", "*a?" * 2000 + "b", "?*" * 3000 + "b", "*" * 6000 + "b", "a*:" * 2000],
)
def test_wildcard_bombs_are_linear(bomb: str) -> None:
    """§10 E 97: the largest pattern against a long ARN stays far below a tenth of a second."""
    text = ARN + "a" * 2048
    glob, arn = glob_of(tokens_of(bomb)), arn_glob_of(tokens_of(f"{ARN}{bomb}"))
    began = time.process_time()
    assert not glob.matches(text)
    assert not arn.matches(text, text.split(":"))
    assert not arn.matches(f"{text}:::", f"{text}:::".split(":"))
    assert time.process_time() - began < 0.3


def test_twice_the_text_costs_about_twice_the_time() -> None:
    """Not squared: eight times the text costs less than 24 times the time."""
    glob = glob_of(tokens_of("*a?*" * 500 + "b"))

    def cost(length: int) -> float:
        text, best = "a" * length, 1.0
        for _ in range(5):
            began = time.process_time()
            assert not glob.matches(text)
            best = min(best, time.process_time() - began)
        return best

    assert cost(16_000) < 24 * cost(2_000) + 0.01
