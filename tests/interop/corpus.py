"""Requests that SDKs are to sign: texts that are awkward in paths, queries, headers and bodies.

The same from a seed, as plain values: each SDK writes them on the wire in its own way. Paths are
lists of labels; no label is empty or of dots alone, which no route here can have.
"""

from __future__ import annotations

import base64
import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

HOST = "larum.example:8181"
SERVICE = "security-ir"
REGION = "us-east-1"
ALPHABET = "aZ09-_.~ /:%+&=?#;,@!$'()*[]{}|\\^`\"<>\näß日本語\U0001f512"
# Texts that have broken signers: an escape, an encoded slash and plus, a list, an empty value.
AWKWARD = ("", "%2F", "%", "a+b", "a b", "a=b&c", "日本 語", "a/b", "é", "%E9", "*", "~", "a;b")
METHODS = ("GET", "POST", "PUT", "DELETE")


def requests(count: int, seed: int, *, plain_names: bool = False) -> list[dict[str, Any]]:
    """Return that many requests: method, labels, pairs (names may repeat), headers and body.

    With `plain_names` no name of a parameter needs an escape, as none of the service's does.
    """
    draw = random.Random(seed)

    def text(longest: int) -> str:
        if draw.random() < 0.3:
            return draw.choice(AWKWARD)
        return "".join(draw.choices(ALPHABET, k=draw.randint(0, longest)))

    def label() -> str:
        found = text(12)
        return found if found.strip(".") else "x" + found

    def name() -> str:
        return "".join(draw.choices("aZ09-_.~", k=3)) if plain_names else text(3)

    def one() -> dict[str, Any]:
        method = draw.choice(METHODS)
        names = [f"k{name()}" for _ in range(draw.randint(0, 3))]
        names += draw.sample(names, min(len(names), draw.randint(0, 2)))
        body = draw.randbytes(draw.randint(0, 40)) if method in {"POST", "PUT"} else b""
        return {
            "method": method,
            "labels": [label() for _ in range(draw.randint(1, 3))],
            "pairs": [(name, text(8)) for name in names],
            "headers": {"content-type": "application/json", "x-amz-note": f"a  {draw.random()}  b"},
            "body": base64.b64encode(body).decode(),
        }

    return [one() for _ in range(count)]


def write(path: Path, count: int, seed: int, *, plain_names: bool = False) -> None:
    """Write that many requests to `path`, each on a line of its own."""
    lines = [json.dumps(each) for each in requests(count, seed, plain_names=plain_names)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
