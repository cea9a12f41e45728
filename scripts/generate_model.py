"""Write `src/larum/wire/data/security-ir.json`: AWS's service model, reduced to facts.

The facts come from the installed botocore (its model of the service, without any prose) and from
`smithy_facts.json` beside this file (what only the Smithy model says, and rules of this project,
each with its source). The output keeps botocore's structure - version, metadata, operations,
shapes - with these additions:

- a shape may carry `uniqueItems`, `set` (the order of its items has no meaning) and `text` (the
  rule for the characters of a string: `line`, `prose`, `tagKey` or `tagValue`);
- a member may carry `default`: what the server assumes when the member is absent.

Run `python scripts/generate_model.py` after an update of botocore or of the facts. A test keeps the
committed file equal to what this script writes.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import botocore

HERE = Path(__file__).resolve().parent
FACTS = HERE / "smithy_facts.json"
TARGET = HERE.parent / "src" / "larum" / "wire" / "data" / "security-ir.json"

_METADATA = ("apiVersion", "endpointPrefix", "protocol", "serviceId", "signatureVersion")
_OPERATION = ("name", "http", "input", "output", "errors", "idempotent", "readonly")

Json = dict[str, Any]


class ModelFactError(Exception):
    """A fact does not fit botocore's model any more: look at both and decide anew."""


def botocore_model() -> Json:
    """Return the newest model of `security-ir` that the installed botocore carries."""
    folder = Path(botocore.__file__).parent / "data" / "security-ir"
    path = max(folder.glob("*/service-2.json*"))
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    model: Json = json.loads(raw)
    return model


def _without_prose(entry: Json) -> Json:
    return {key: value for key, value in entry.items() if key != "documentation"}


def _operation(entry: Json) -> Json:
    kept = {key: _without_prose(value) if isinstance(value, dict) else value
            for key, value in entry.items() if key in _OPERATION}  # fmt: skip
    kept["errors"] = sorted((_without_prose(each) for each in entry["errors"]), key=str)
    return kept


def _shape(entry: Json) -> Json:
    kept = _without_prose(entry)
    for key in ("member", "key", "value"):
        if key in kept:
            kept[key] = _without_prose(kept[key])
    if "members" in kept:
        kept["members"] = {name: _without_prose(each) for name, each in kept["members"].items()}
    return kept


def _resolved(value: object, shapes: Json) -> object:
    """Spell out `{"everyValueOf": SHAPE}`; any other value is itself."""
    if isinstance(value, dict) and "everyValueOf" in value:
        return list(shapes[value["everyValueOf"]]["enum"])
    return value


def _apply(fact: Json, shapes: Json) -> None:
    """Merge one fact into its shape or member.

    Raises ModelFactError where the place does not exist, where botocore says something already
    that the fact does not name in `replaces`, and where the fact has no source.
    """
    place = f"{fact['shape']}.{fact['member']}" if "member" in fact else fact["shape"]
    if not fact.get("source"):
        raise ModelFactError(f"{place}: no source")
    target = shapes.get(fact["shape"])
    if target is not None and "member" in fact:
        target = target["members"].get(fact["member"])
    if target is None:
        raise ModelFactError(f"{place}: not in botocore's model")
    for key, value in fact["facts"].items():
        if target.get(key) != fact.get("replaces", {}).get(key):
            raise ModelFactError(f"{place}: botocore has another {key} than expected")
        target[key] = _resolved(value, shapes)


def generate(model: Json, facts: list[Json]) -> str:
    """Return the text of the reduced model; the same input gives the same text."""
    shapes = {name: _shape(entry) for name, entry in sorted(model["shapes"].items())}
    for fact in facts:
        _apply(fact, shapes)
    metadata = {key: model["metadata"][key] for key in _METADATA}
    metadata["signingName"] = model["metadata"].get("signingName", metadata["endpointPrefix"])
    reduced = {
        "version": model["version"],
        "metadata": metadata,
        "operations": {
            name: _operation(entry) for name, entry in sorted(model["operations"].items())
        },
        "shapes": shapes,
    }
    return json.dumps(reduced, indent=1, ensure_ascii=True) + "\n"


def current() -> str:
    """Return what the committed file must hold: botocore's model with the facts merged in."""
    return generate(botocore_model(), json.loads(FACTS.read_text("utf-8"))["facts"])


if __name__ == "__main__":
    TARGET.write_text(current(), encoding="utf-8")
