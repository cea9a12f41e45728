"""botocore as the oracle: what it signs is accepted, and nothing next to it is (G15, G16)."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from larum.errors import ServiceError
from larum.wire.http import HttpRequest
from tests.access.signed_requests import KEY, check, sign_with_botocore, signed_at

if TYPE_CHECKING:
    from collections.abc import Iterator

ALPHABET = "aZ09-_.~ /:%+&=?#;,@!$'()*[]{}|\\^`\"<>\n\x00äß日本語\U0001f512"
ARN = "arn:aws:security-ir:us-east-1:111111111111:membership/m-0123456789abcdefghij012345678"


def accepted(request: HttpRequest) -> bool:
    """Whether the verifier takes `request` at the time that it names; only refusals are caught."""
    try:
        return check(request, now=signed_at(request)).account == KEY.principal.account
    except ServiceError:
        return False


def path_of(labels: list[str]) -> str:
    """Return a path with each label percent-encoded whole, as SDKs write it."""
    encoded = [quote(label, safe="") for label in labels]
    return "/v1/" + "/".join(each for each in encoded if each.strip("."))


def query_of(pairs: list[tuple[str, str]]) -> str:
    """Return the query as SDKs write it."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def test_10_000_requests_of_botocore_are_accepted() -> None:
    """G15: Unicode, repeated keys, %2F, empty values and any body verify, without exception."""
    draw = random.Random(15)

    def text(longest: int) -> str:
        return "".join(draw.choices(ALPHABET, k=draw.randint(0, longest)))

    for number in range(10_000):
        path = path_of([text(12) for _ in range(draw.randint(0, 3))])
        pairs = [("k" + draw.choice(("", text(3))), text(8)) for _ in range(draw.randint(0, 5))]
        headers = {"Content-Type": "application/json", "X-Amz-Meta": f"  a  {number} b "}
        body = draw.randbytes(draw.randint(0, 40))
        method = draw.choice(("GET", "POST", "PUT", "DELETE"))
        request = sign_with_botocore(method, path, query_of(pairs), body, headers)
        assert accepted(request), request


@given(
    st.lists(st.text(max_size=20), max_size=4),
    st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=6),
    st.binary(max_size=100),
)
def test_any_request_of_botocore_is_accepted(
    labels: list[str], pairs: list[tuple[str, str]], body: bytes
) -> None:
    """G15: the same for any text, so that a failure is shown in its smallest form."""
    pairs = [(f"k{name}", value) for name, value in pairs]
    request = sign_with_botocore("POST", path_of(labels), query_of(pairs), body)
    assert accepted(request)
    # Some SDKs send a space as `+` and sign it as %20.
    assert accepted(replace(request, raw_query=request.raw_query.replace("%20", "+")))


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
    return sent


class _Empty:
    def stream(self, **_: object) -> Iterator[bytes]:
        return iter([b"{}"])


def test_an_unchanged_boto3_is_accepted() -> None:
    """G15: the client of the seed, for calls with body, without, with an ARN, with a query."""
    requests = boto3_requests()
    assert len(requests) == 7
    for request in requests:
        assert accepted(request), request


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
    for path in mutations(request.raw_path, draw, 3 * count):
        yield replace(request, raw_path=path)
    for query in mutations(request.raw_query, draw, 3 * count):
        yield replace(request, raw_query=query)
    for body in mutations(request.body.decode("latin-1"), draw, 2 * count):
        yield replace(request, body=body.encode("latin-1"))
    for index, (name, value) in enumerate(request.headers):
        signed = name in {"authorization", "host", "content-type"} or name.startswith("x-amz-")
        for other in mutations(value, draw, 5 * count if name == "authorization" else count):
            changed = (name, other) if signed else (f"x-amz-{name}", value)
            headers = (*request.headers[:index], changed, *request.headers[index + 1 :])
            yield replace(request, headers=headers)


def meaning(request: HttpRequest) -> object:
    """Return what HTTP and SigV4 say that the request means: what may be written in two ways."""
    query = sorted(parse_qsl(request.raw_query, keep_blank_values=True, encoding="latin-1"))
    pairs = request.raw_query.count("&")
    headers = sorted(
        (name, re.sub(" +", " ", re.sub("(?<=,) ", "", value).strip(" \t")))
        for name, value in request.headers
    )
    return request.method, request.raw_path, pairs, query, headers, request.body


def test_10_000_forgeries_are_refused() -> None:
    """G16: no single change of any signed byte is accepted, and none is answered by a crash."""
    draw = random.Random(16)
    tried = same = 0
    for request in boto3_requests():
        assert accepted(request)
        for mutant in mutants(request, draw, 100):
            if meaning(mutant) == meaning(request):
                same += 1
                continue
            tried += 1
            assert not accepted_at(mutant, request), mutant
    assert tried >= 10_000
    assert same < tried // 50


def accepted_at(mutant: HttpRequest, original: HttpRequest) -> bool:
    """Whether `mutant` is taken at the time of the request that it was made of."""
    try:
        check(mutant, now=signed_at(original))
    except ServiceError:
        return False
    return True
