"""botocore as the oracle: what it signs is accepted, and nothing next to it is (G15, G16)."""

from __future__ import annotations

import random
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.access.forgeries import accepted, boto3_requests, forged, hashed_request
from tests.access.signed_requests import sign_with_botocore

ALPHABET = "aZ09-_.~ /:%+&=?#;,@!$'()*[]{}|\\^`\"<>\n\x00äß日本語\U0001f512"


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


def test_an_unchanged_boto3_is_accepted() -> None:
    """G15: the client of the seed, for calls with body, without, with an ARN, with a query."""
    requests = boto3_requests()
    assert len(requests) == 7
    for request in requests:
        assert accepted(request), request


def test_10_000_forgeries_are_refused() -> None:
    """G16: no single change of any signed byte is accepted, and none is answered by a crash."""
    requests = [*boto3_requests(), hashed_request()]
    assert all(accepted(each) for each in requests)
    tried = 0
    for request, mutant in forged(requests, 100):
        tried += 1
        assert not accepted(mutant, request), mutant
    assert tried >= 15_000
