"""Requests that boto3 sends, and thousands that differ from them by one character (G16).

`meaning` says which of those are no forgeries: what SigV4 and HTTP let be written in two ways. All
that it leaves out, and why:

- the query's order, `+` for a space, an escape of what needs none or in lower case, and `=` after a
  name without a value: the canonical query is decoded, encoded again and sorted;
- spaces around a header's value and runs of them within: the canonical header is trimmed so;
- one space after a comma in Authorization: SDKs write it with and without.
"""

from __future__ import annotations

import random
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from msgspec.structs import replace

from larum.errors import ServiceError
from larum.wire.http import HttpRequest
from tests.access.signed_requests import KEY, check, sign_with_botocore, signed_at

if TYPE_CHECKING:
    from collections.abc import Iterator

ARN = "arn:aws:security-ir:us-east-1:111111111111:membership/m-0123456789abcdefghij012345678"


class _Empty:
    def stream(self, **_: object) -> Iterator[bytes]:
        return iter([b"{}"])


def accepted(request: HttpRequest, original: HttpRequest | None = None) -> bool:
    """Whether the verifier takes `request` at the time of `original` or at its own."""
    try:
        return check(request, now=signed_at(original or request)).account == KEY.principal.account
    except ServiceError:
        return False


def boto3_requests() -> list[HttpRequest]:
    """Return what an unchanged boto3 client sends for calls of each shape."""
    sent: list[HttpRequest] = []
    nothing: Any = {}
    empty: Any = _Empty()

    def capture(request: Any, **_: object) -> AWSResponse:  # noqa: ANN401 - botocore's own
        _, _, rest = request.url.partition("//")
        host, _, target = rest.partition("/")
        path, _, query = ("/" + target).partition("?")
        headers = [
            (name.lower(), value.decode() if isinstance(value, bytes) else value)
            for name, value in request.headers.items()
        ]
        headers.append(("host", host))
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        sent.append(HttpRequest(request.method, path, query, tuple(headers), body))
        return AWSResponse(request.url, 200, nothing, empty)

    client: Any = boto3.client(
        "security-ir",
        region_name="us-east-1",
        endpoint_url="http://larum.example:8181",
        aws_access_key_id=KEY.access_key_id,
        aws_secret_access_key=KEY.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )
    client.meta.events.register("before-send.security-ir", capture)
    team = [{"name": "Zoë", "jobTitle": "Lead", "email": f"{each}@example.com"} for each in "ab"]
    client.create_membership(membershipName="日本", incidentResponseTeam=team)
    client.get_membership(membershipId="m-0123456789abcdefghij012345678")
    client.list_memberships()
    client.cancel_membership(membershipId="m-0123456789abcdefghij012345678")
    client.tag_resource(resourceArn=ARN, tags={"a b": "c+d", "é": ""})
    client.untag_resource(resourceArn=ARN, tagKeys=["a b", "c/d", "e+f", "", "é", "e"])
    client.list_tags_for_resource(resourceArn=ARN)
    client.close()
    return sent


def hashed_request() -> HttpRequest:
    """Return what an SDK sends that declares its body's hash, with a header of several words."""
    body = b'{"membershipName":"Example Corp"}'
    headers = {
        "Content-Type": "application/json",
        "X-Amz-Content-Sha256": sha256(body).hexdigest(),
        "X-Amz-Note": "two words",
    }
    return sign_with_botocore("POST", "/v1/membership", "", body, headers)


def mutations(text: str, draw: random.Random, count: int) -> Iterator[str]:
    """Yield `count` texts that differ from `text` by one character: changed, added or removed."""
    while count:
        at = draw.randrange(len(text) + 1)
        before, here, after = text[:at], text[at : at + 1], text[at + 1 :]
        flipped = chr(ord(here) ^ (1 << draw.randrange(8))) if here else ""
        grown = chr(draw.randrange(256)) + here
        mutant = before + draw.choice((grown, "", here.swapcase(), flipped, flipped)) + after
        if mutant != text:
            count -= 1
            yield mutant


def mutants(request: HttpRequest, draw: random.Random, count: int) -> Iterator[HttpRequest]:
    """Yield requests that differ from `request` by one character of one signed part."""
    for method in mutations(request.method, draw, count):
        yield replace(request, method=method)
    for path in (*mutations(request.raw_path, draw, 3 * count), request.raw_path + "/"):
        yield replace(request, raw_path=path)
    for query in (*mutations(request.raw_query, draw, 3 * count), request.raw_query + "&"):
        yield replace(request, raw_query=query)
    for body in mutations(request.body.decode("latin-1"), draw, 2 * count):
        yield replace(request, body=body.encode("latin-1"))
    for index, (name, value) in enumerate(request.headers):
        signed = name in {"authorization", "host", "content-type"} or name.startswith("x-amz-")
        often = 5 * count if name == "authorization" else count
        for other in (*mutations(value, draw, often), value.replace(" ", "\t", 1)):
            changed = (name, other) if signed else (f"x-amz-{name}", value)
            headers = (*request.headers[:index], changed, *request.headers[index + 1 :])
            yield replace(request, headers=headers)


def meaning(request: HttpRequest) -> object:
    """Return what HTTP and SigV4 say that the request means: what may be written in two ways."""
    query = sorted(parse_qsl(request.raw_query, keep_blank_values=True, encoding="latin-1"))
    pairs = request.raw_query.count("&")
    headers = sorted((name, _meaning_of_header(name, value)) for name, value in request.headers)
    return request.method, request.raw_path, pairs, query, headers, request.body


def _meaning_of_header(name: str, value: str) -> str:
    if name == "authorization":
        return re.sub("(?<=,) ", "", value)
    return re.sub(" +", " ", value.strip(" \t"))


def forged(requests: list[HttpRequest], count: int) -> Iterator[tuple[HttpRequest, HttpRequest]]:
    """Yield each request with a forgery of it: changed in one character, and with it in meaning."""
    draw = random.Random(16)
    for request in requests:
        for mutant in mutants(request, draw, count):
            if meaning(mutant) != meaning(request):
                yield request, mutant
