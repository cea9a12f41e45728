"""What the Authorization header must look like, and what it may claim.

Numbers are those of reliability-and-security §10 A.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from larum.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
)
from tests.access.signed_requests import Draft, check, refused


def test_an_unsigned_request_lacks_its_token() -> None:
    """A1: without Authorization the answer is AWS's "Missing Authentication Token"."""
    request = Draft().request()
    error = refused(replace(request, headers=request.headers[:-1]))
    assert isinstance(error, MissingAuthenticationTokenException)
    assert error.message == "Missing Authentication Token"


@pytest.mark.parametrize("value", ["", " ", "\t"])
def test_an_empty_header_is_none(value: str) -> None:
    """A2: an empty Authorization header counts as absent."""
    assert isinstance(refused(Draft().request(value)), MissingAuthenticationTokenException)


@pytest.mark.parametrize(
    "value",
    [
        "AWS",
        "AWS AKIDEXAMPLE:c2lnbmF0dXJl",
        "Basic dXNlcjpwYXNzd29yZA==",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "AWS4-ECDSA-P256-SHA256 Credential=a, SignedHeaders=host, Signature=b",
        "AWS4-HMAC-SHA1 Credential=a, SignedHeaders=host, Signature=b",
        "aws4-hmac-sha256 Credential=a, SignedHeaders=host, Signature=b",
        "AWS4-HMAC-SHA256\tCredential=a, SignedHeaders=host, Signature=b",
        "\xff\x00 Credential=a",
    ],
)
def test_only_one_algorithm_is_known(value: str) -> None:
    """A2, A3: Basic, Bearer, SigV2, SigV4a, SHA-1 and other spellings are refused by name."""
    error = refused(Draft().request(value))
    assert isinstance(error, IncompleteSignatureException)
    assert error.message.startswith("Unsupported AWS 'algorithm': '")


def test_another_algorithm_is_refused_though_it_is_signed_consistently() -> None:
    """A3: a signature that is right under another algorithm's name is not accepted."""
    error = refused(Draft(algorithm="AWS4-HMAC-SHA512").request())
    assert error.message == "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'."


def test_two_authorization_headers_are_refused() -> None:
    """A4: a second Authorization header is refused, the same or another, first or last."""
    request = Draft().request()
    for value in (request.headers[-1][1], "Basic dXNlcg==", ""):
        extra = ("authorization", value)
        for headers in ((*request.headers, extra), (extra, *request.headers)):
            error = refused(replace(request, headers=headers))
            assert isinstance(error, InvalidSignatureException)


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Signature=00",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "x-amz-credential=a",
        "a=b&X-AMZ-DATE=c",
        "X%2DAmz%2DSignature=00",
        "%58-Amz-Expires",
    ],
)
def test_the_query_authenticates_nothing(query: str) -> None:
    """A5, A6: presigned parameters are refused, with the header (signed too) and without it."""
    both = Draft(query=query).request()
    alone = replace(both, headers=both.headers[:-1])
    for request in (both, alone):
        error = refused(request)
        assert isinstance(error, InvalidSignatureException)
        assert "not by the query string" in error.message


@pytest.mark.parametrize("name", ["Credential", "SignedHeaders", "Signature"])
def test_a_parameter_comes_once(name: str) -> None:
    """A7: a repeated parameter is refused, even with the same value."""
    value = Draft().authorization()
    parameter = next(part for part in value.split(" ")[1:] if part.startswith(f"{name}="))
    again = f"{value}, {parameter.rstrip(',')}"
    assert isinstance(refused(Draft().request(again)), IncompleteSignatureException)


@pytest.mark.parametrize("name", ["Credential", "SignedHeaders", "Signature"])
def test_each_missing_part_is_named(name: str) -> None:
    """A8: the text names the part that is missing and does not echo the header."""
    algorithm, *parameters = Draft().authorization().replace(",", "").split(" ")
    rest = ", ".join(each for each in parameters if not each.startswith(f"{name}="))
    error = refused(Draft().request(f"{algorithm} {rest}"))
    assert isinstance(error, IncompleteSignatureException)
    assert error.message == f"Authorization header requires '{name}' parameter."


def test_all_missing_parts_are_told_at_once() -> None:
    """A2, A8: the algorithm alone, without any date, names all four parts."""
    error = refused(Draft(stamp=None).request("AWS4-HMAC-SHA256"))
    assert error.message == (
        "Authorization header requires 'Credential' parameter. "
        "Authorization header requires 'Signature' parameter. "
        "Authorization header requires 'SignedHeaders' parameter. "
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    )


def test_a_request_without_a_date_is_incomplete() -> None:
    """A8: a request with a complete header and no date is refused for the date."""
    error = refused(Draft(stamp=None).request())
    assert isinstance(error, IncompleteSignatureException)
    assert "'X-Amz-Date' or a 'Date' header" in error.message


def test_a_parameter_without_equal_sign_is_named() -> None:
    """Row 5: the parameter is quoted, the header itself is not."""
    error = refused(Draft().request("AWS4-HMAC-SHA256 Credential, Signature=0"))
    assert error.message == (
        "'Credential' not a valid key=value pair (missing equal-sign) in Authorization header: "
        "'AWS4-HMAC-SHA256 ...'."
    )


def test_a_trailing_comma_is_refused() -> None:
    """A21: the header does not end in a comma."""
    error = refused(Draft().request(Draft().authorization() + ","))
    assert isinstance(error, IncompleteSignatureException)


@pytest.mark.parametrize("extra", ["Foo=1", "credential=a", "Date=20261122", "=", "Credential =a"])
def test_there_are_no_other_parameters(extra: str) -> None:
    """Rule 2: a parameter that nobody knows is refused, wherever it stands."""
    algorithm, _, rest = Draft().authorization().partition(" ")
    for value in (f"{algorithm} {extra}, {rest}", f"{algorithm} {rest}, {extra}"):
        assert isinstance(refused(Draft().request(value)), IncompleteSignatureException)


def test_parameters_may_come_in_any_order_and_without_spaces() -> None:
    """Rule 2: any order, `, ` or `,`."""
    algorithm, *parts = Draft().authorization().replace(",", "").split(" ")
    for joint in (", ", ","):
        for order in (parts, parts[::-1], parts[1:] + parts[:1]):
            assert check(Draft().request(f"{algorithm} {joint.join(order)}")).account == "1" * 12


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "AKIDEXAMPLE",
        "AKIDEXAMPLE/20261122/us-east-1/security-ir",
        "AKIDEXAMPLE/20261122/us-east-1/security-ir/aws4_request/",
        "/AKIDEXAMPLE/20261122/us-east-1/security-ir/aws4_request",
        "AKID/EXAMPLE/20261122/us-east-1/security-ir/aws4_request",
    ],
)
def test_a_credential_has_five_parts(credential: str) -> None:
    """A9, A26: four or six parts, a trailing slash or a slash in the key id are refused."""
    right = "AKIDEXAMPLE/20261122/us-east-1/security-ir/aws4_request"
    error = refused(Draft().request(Draft().authorization().replace(right, credential)))
    assert isinstance(error, IncompleteSignatureException)
    assert error.message.startswith("Credential must have exactly 5 slash-delimited elements")


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        ("20261122/mars-east-1/security-ir/aws4_request", "scoped to a valid region."),
        ("20261122//security-ir/aws4_request", "scoped to a valid region."),
        ("20261122/US-EAST-1/security-ir/aws4_request", "scoped to a valid region."),
        ("20261122/us-east-1/s3/aws4_request", "to correct service: 'security-ir'."),
        ("20261122/us-east-1/larum/aws4_request", "to correct service: 'security-ir'."),
        ("20261122/us-east-1/security-ir/aws5_request", "valid terminator: 'aws4_request'."),
        ("20261121/us-east-1/security-ir/aws4_request", "'20261121' != '20261122', from"),
        ("/us-east-1/security-ir/aws4_request", "'' != '20261122', from '20261122T120000Z'."),
    ],
)
def test_the_scope_is_this_servers(scope: str, text: str) -> None:
    """A9, A10: a right signature for another Region, service, terminator or day is refused."""
    error = refused(Draft(scope=scope).request())
    assert isinstance(error, InvalidSignatureException)
    assert text in error.message
    assert "mars" not in error.message


def test_all_faults_of_the_scope_are_told_at_once() -> None:
    """Row 12: the texts are joined."""
    error = refused(Draft(scope="20261121/x/s3/y").request(), service=frozenset({"larum", "sts"}))
    for text in ("valid region", "'larum' or 'sts'", "terminator", "Date in Credential scope"):
        assert text in error.message


def test_an_unknown_route_takes_any_served_service() -> None:
    """Rule 3: with several services allowed, each one's signature is good."""
    both = frozenset({"larum", "security-ir"})
    for name in both:
        draft = Draft(scope=f"20261122/us-east-1/{name}/aws4_request")
        assert check(draft.request(), service=both).account == "1" * 12


def test_what_is_echoed_is_short_and_printable() -> None:
    """A26, A28: line breaks, controls and 10 kB of text do not reach an error text."""
    hostile = "\r\nx-evil: 1\x00\x1b[31m\xff" + "<script> " * 2000
    for value in (hostile, f"AWS4-HMAC-SHA256 {hostile}", f"AWS4-HMAC-SHA256 {hostile}=1"):
        message = refused(Draft().request(value)).message
        assert message.isascii()
        assert message.isprintable()
        assert len(message) < 300
