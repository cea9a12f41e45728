"""The committed model is what the installed botocore and the facts say, byte for byte."""

from __future__ import annotations

import json

import pytest

from scripts import generate_model


def test_the_committed_model_is_current() -> None:
    """`python scripts/generate_model.py` would change nothing."""
    assert generate_model.TARGET.read_text("utf-8") == generate_model.current()


def test_generation_keeps_no_prose() -> None:
    """Only facts are committed: AWS's documentation texts are not."""
    assert '"documentation": "' not in generate_model.current()


def _planted(**change: object) -> list[dict[str, object]]:
    return [{"shape": "TagKeys", "facts": {"uniqueItems": True}, "source": "here"} | change]


@pytest.mark.parametrize(
    "fact",
    [
        _planted(source=""),
        _planted(shape="NoSuchShape"),
        _planted(shape="CreateCaseRequest", member="noSuchMember"),
        _planted(shape="TagKey", facts={"max": 127}),
        _planted(shape="TagKey", facts={"max": 127}, replaces={"max": 129}),
    ],
)
def test_a_fact_that_does_not_fit_stops_the_generation(fact: list[dict[str, object]]) -> None:
    """No fact goes without a source, into nowhere, or silently over what botocore says."""
    with pytest.raises(generate_model.ModelFactError):
        generate_model.generate(generate_model.botocore_model(), fact)


def test_every_fact_has_a_source_and_an_effect() -> None:
    """Each fact changes the model, and says where it comes from."""
    facts = json.loads(generate_model.FACTS.read_text("utf-8"))["facts"]
    whole = generate_model.current()
    for left_out in facts:
        rest = [fact for fact in facts if fact is not left_out]
        assert generate_model.generate(generate_model.botocore_model(), rest) != whole
        assert left_out["source"]
