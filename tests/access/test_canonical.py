"""What a signature covers: change any of it, and the signature is wrong.

Numbers are those of reliability-and-security §10 A.
"""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace

from larum.access import sigv4
from larum.access.canonical import signed_names
from larum.errors import InvalidSignatureException, MalformedHttpRequestException
from tests.access.signed_requests import (
    Draft,
    added,
    changed,
    check,
    content_hash,
    is_mismatch,
    refused,
)


@pytest.mark.parametrize("names", ["content-type;x-amz-date", "x-amz-date", "", "Host;x-amz-date"])
def test_the_host_is_signed(names: str) -> None:
    """A12: a signature that leaves the host out, or writes it `Host`, is refused by name."""
    error = refused(Draft(names=names).request())
    assert isinstance(error, InvalidSignatureException)
    assert error.message == (
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    )


def test_the_host_that_arrives_is_the_host_that_was_signed() -> None:
    """A12: another Host or a second one is refused; X-Forwarded-Host is not looked at."""
    request = Draft().request()
    assert is_mismatch(refused(changed(request, "host", "evil.example")))
    assert is_mismatch(refused(added(request, "host", "evil.example")))
    assert is_mismatch(refused(added(request, "host", "larum.example")))
    moved = changed(request, "host", "evil.example")
    assert is_mismatch(refused(added(moved, "x-forwarded-host", "larum.example")))


@pytest.mark.parametrize("name", ["x-amz-target", "x-amz-foo", "x-amz-", "x-amz-user-agent"])
def test_no_amazon_header_goes_unsigned(name: str) -> None:
    """A13: an x-amz-* header that the signature does not list is refused; listed, it is fine."""
    assert is_mismatch(refused(Draft(unsigned=((name, "x"),)).request()))
    if name != "x-amz-":
        headers = (*Draft().headers, (name, "x"))
        assert check(Draft(headers=headers).request()).account == "1" * 12


def test_an_unsigned_date_is_refused() -> None:
    """A13: X-Amz-Date itself must be listed."""
    assert is_mismatch(refused(Draft(names="content-type;host").request()))


def test_other_headers_may_go_unsigned() -> None:
    """Rule 5: content-type, tracing and SDK headers need no signature."""
    free = (
        ("amz-sdk-request", "attempt=1"),
        ("x-amzn-trace-id", "Root=1"),
        ("content-type", "a/b"),
    )
    assert check(Draft(headers=(), unsigned=free).request()).account == "1" * 12


@pytest.mark.parametrize(
    "names",
    [
        "content-type;host;x-absent;x-amz-date",
        "content-type;content-type;host;x-amz-date",
        "host;content-type;x-amz-date",
        "Content-Type;host;x-amz-date",
        "content-type;host;x-amz-date;",
        ";content-type;host;x-amz-date",
        "content-type;;host;x-amz-date",
        "content-type;host ;host;x-amz-date",
        "content-type;host;x-amz-date;é",
    ],
)
def test_signed_headers_are_lower_case_sorted_unique_and_there(names: str) -> None:
    """A14: a list that is absent, repeated, unsorted or upper-case is refused though signed so."""
    assert is_mismatch(refused(Draft(names=names).request()))


@pytest.mark.parametrize("names", ["Host", "host;HOST", "é", "", "a b", "a;", "host:"])
def test_only_lower_case_names_are_names(names: str) -> None:
    """A14: the list itself is refused, whatever the server does with names that arrive."""
    assert signed_names(names) is None


def test_a_signed_content_type_cannot_change() -> None:
    """A15: another content-type is refused where it is signed."""
    assert is_mismatch(refused(changed(Draft().request(), "content-type", "text/plain")))


@pytest.mark.parametrize(
    "body", [b"", b'{"a":2}', b'{"a":1', b'{"a":1} ', b'7\r\n{"a":1}\r\n0\r\n']
)
def test_the_body_is_the_signed_body(body: bytes) -> None:
    """A16: a changed, cut, longer, empty or chunk-framed body is refused, with both hash modes."""
    declared = Draft(headers=(("x-amz-content-sha256", content_hash()),))
    for draft in (Draft(), declared):
        check(draft.request())
        assert is_mismatch(refused(replace(draft.request(), body=body)))


@pytest.mark.parametrize(
    "declared",
    [
        content_hash(b"other"),
        content_hash().upper(),
        "UNSIGNED-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "",
        "\xff",
    ],
)
def test_the_declared_hash_is_the_bodys(declared: str) -> None:
    """A17: another, upper-case or absent hash is refused, consistently signed either way."""
    headers = (("x-amz-content-sha256", declared),)
    for signed_as in (declared or None, None):
        draft = Draft(headers=headers, content_hash=signed_as)
        assert is_mismatch(refused(draft.request()))


def test_the_right_declared_hash_is_accepted() -> None:
    """Rule 8: SDKs that send the hash are understood; unsigned, it is refused."""
    header = ("x-amz-content-sha256", content_hash())
    assert check(Draft(headers=(header,)).request()).account == "1" * 12
    assert is_mismatch(refused(Draft(unsigned=(header,)).request()))


@pytest.mark.parametrize(("signed", "sent"), [("GET", "HEAD"), ("POST", "PUT"), ("POST", "post")])
def test_the_method_is_signed(signed: str, sent: str) -> None:
    """A18: another method, or another case of it, is refused."""
    assert is_mismatch(refused(replace(Draft(method=signed).request(), method=sent)))


ARN_PATH = "/v1/tags/arn%3Aaws%3Asecurity-ir%3Aus-east-1%3A111111111111%3Amembership%2Fm-1"


@pytest.mark.parametrize(
    "path",
    [
        ARN_PATH.replace("%2F", "/"),
        ARN_PATH.replace("%2F", "%2f"),
        ARN_PATH.replace("%3A", ":"),
        ARN_PATH.replace("%2F", "%252F"),
        ARN_PATH + "/",
        ARN_PATH + ";x",
        ARN_PATH.replace("tags", "t%61gs"),
        ARN_PATH.replace("tags", "Tags"),
        ARN_PATH.replace("/v1", ""),
    ],
)
def test_the_path_is_signed_as_it_arrives(path: str) -> None:
    """A19: paths that others would normalize alike are different paths here, both ways round."""
    request = Draft(path=ARN_PATH).request()
    check(request)
    assert is_mismatch(refused(replace(request, raw_path=path)))
    other = Draft(path=path).request()
    check(other)
    assert is_mismatch(refused(replace(other, raw_path=ARN_PATH)))


MALFORMED = [
    "//v1/membership",
    "/v1//membership",
    "/v1/membership//",
    "/v1/./membership",
    "/v1/../membership",
    "/v1/membership/.",
    "/v1/membership/..",
    "/v1/%2e/membership",
    "/v1/%2E%2e/membership",
    "/v1/.%2e",
    "/v1/%2E./x",
    "/v1/a b",
    "/v1/a\tb",
    "/v1/a\nb",
    "/v1/a\x00b",
    "/v1/a\x7fb",
    "/v1/é",
    "/v1/a%",
    "/v1/a%2",
    "/v1/a%zz",
    "/v1/a%u0041",
    "/v1/a#b",
    "/v1/a?b",
    "/v1/a\\b",
    "v1/membership",
    "*",
    "http://larum.example/v1/membership",
]


@pytest.mark.parametrize("path", MALFORMED)
def test_a_path_of_two_meanings_is_refused_before_authentication(path: str) -> None:
    """A19, rule 7: double slashes, dots, controls, bad escapes get 400, signed or not."""
    request = Draft(path=path).request()
    unsigned = replace(request, headers=())
    for each in (request, unsigned):
        assert isinstance(refused(each), MalformedHttpRequestException)
    with pytest.raises(MalformedHttpRequestException):
        sigv4.check_raw_target(path, "")


@pytest.mark.parametrize("query", ["a=%", "a=%4", "a=%gg", "a b", "a=\n", "a=é", "a=\x00", "a#b"])
def test_a_malformed_query_is_refused_before_authentication(query: str) -> None:
    """Rule 7: the same for the query."""
    assert isinstance(refused(Draft(query=query).request()), MalformedHttpRequestException)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/v1/", "/v1/...", "/v1/.a", "/v1/a..b", "/v1/%2F%2F", "/v1/%252e/;=@:!$&'()*+,~"],
)
def test_an_odd_path_is_not_a_malformed_one(path: str) -> None:
    """Rule 7 refuses no more than it says; the empty path is signed as `/`."""
    sigv4.check_raw_target(path, "a=b+c&/?=%00")
    signed = Draft(path=path or "/").request()
    assert check(replace(signed, raw_path=path)).account == "1" * 12


@pytest.mark.parametrize("path", ["/v1/" + "a" * 100_000, "/v1" + "/a" * 50_000, "/%2e" * 30_000])
def test_a_long_path_is_read_in_linear_time(path: str) -> None:
    """Rule 7: no path makes the check run long."""
    before = time.perf_counter()
    for suffix in ("", "%", "\x00"):
        try:
            sigv4.check_raw_target(path + suffix, path + suffix)
        except MalformedHttpRequestException:
            continue
    assert time.perf_counter() - before < 1


QUERY = "tagKeys=a%20b&tagKeys=c%2Fd&tagKeys=e&x="


@pytest.mark.parametrize(
    "query",
    [
        "tagKeys=e&x=&tagKeys=c%2Fd&tagKeys=a%20b",
        "tagKeys=a+b&tagKeys=c%2Fd&tagKeys=e&x=",
        "tagKeys=a%20b&tagKeys=c/d&tagKeys=e&x",
        "tagKeys=%61%20b&tagKeys=c%2fd&tagKeys=e&x=",
    ],
)
def test_a_query_may_be_written_in_several_ways(query: str) -> None:
    """A20: order, `+` for space, no `=` for an empty value, and escapes do not matter."""
    request = Draft(query=QUERY).request()
    assert check(replace(request, raw_query=query)).account == "1" * 12


@pytest.mark.parametrize(
    "query",
    [
        "",
        QUERY + "&y=1",
        QUERY + "&tagKeys=e",
        QUERY + "&",
        QUERY.replace("tagKeys=e&", ""),
        QUERY.replace("a%20b", "a%2Bb"),
        QUERY.replace("a%20b", "a%2520b"),
        QUERY.replace("tagKeys=e", "tagkeys=e"),
        QUERY.replace("=e&", "%3De&"),
        "tagKeys=a%20b%26tagKeys=c%2Fd&tagKeys=e&x=",
    ],
)
def test_a_query_with_other_content_is_refused(query: str) -> None:
    """A20: added, repeated, missing or renamed parameters, and `%2B` for a space, are refused."""
    assert is_mismatch(refused(replace(Draft(query=QUERY).request(), raw_query=query)))


@pytest.mark.parametrize("value", ["application/json ", "  application/json", "\tapplication/json"])
def test_space_around_a_value_is_not_part_of_it(value: str) -> None:
    """A21: values are trimmed, as HTTP says."""
    assert check(changed(Draft().request(), "content-type", value)).account == "1" * 12


def test_inner_runs_of_spaces_count_as_one() -> None:
    """A21: a run of spaces is signed as one; a tab, a fold or no space is something else."""
    request = Draft(headers=(("x-note", "a b"),)).request()
    assert check(changed(request, "x-note", "a   b")).account == "1" * 12
    for value in ("ab", "a\tb", "a\r\n b", "a\n b", "a b,", "a, b", "a\xa0b", "a b\x85"):
        assert is_mismatch(refused(changed(request, "x-note", value)))


def test_a_value_with_a_line_break_is_refused_though_signed() -> None:
    """A21: a value that would read as two lines of the canonical request is never accepted."""
    draft = Draft(headers=(("x-note", "a\nx-note2:b"),))
    assert is_mismatch(refused(draft.request()))


def test_repeated_headers_are_joined_in_order() -> None:
    """Rule 6: two lines are signed as one list, trimmed, in the order of arrival."""
    request = Draft(headers=(("x-note", "a,b"),)).request()
    headers = [each for each in request.headers if each[0] != "x-note"]
    twice = (("x-note", " a"), *headers, ("x-note", "b "))
    assert check(replace(request, headers=twice)).account == "1" * 12
    assert is_mismatch(refused(replace(request, headers=twice[::-1])))


def test_bytes_beyond_ascii_are_signed_as_they_are() -> None:
    """Rule 6: a header in UTF-8 is signed by its bytes, those that look like spaces included."""
    value = "à é 日本".encode().decode("latin-1")
    assert check(Draft(headers=(("x-note", value),)).request()).account == "1" * 12
