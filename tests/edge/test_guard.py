"""The rules that refuse a request before anything else looks at it."""

from __future__ import annotations

import pytest

from larum.edge.guard import refusal
from larum.errors import MalformedHttpRequestException, RequestEntityTooLargeException, ServiceError

Headers = list[tuple[bytes, bytes]]
HOST = (b"host", b"larum.example:8181")


def refused(
    headers: Headers,
    *,
    http_version: str = "1.1",
    allowed_hosts: frozenset[str] = frozenset(),
    body_limit: int = 100,
) -> ServiceError | None:
    """Return the guard's refusal."""
    return refusal(
        headers, http_version=http_version, allowed_hosts=allowed_hosts, body_limit=body_limit
    )


@pytest.mark.parametrize(
    "headers",
    [
        [HOST],
        [HOST, (b"content-length", b"100")],
        [HOST, (b"content-length", b"0")],
        [HOST, (b"transfer-encoding", b"chunked")],
        [HOST, (b"transfer-encoding", b"Chunked")],
        [HOST, (b"content-encoding", b"identity")],
        [HOST, (b"expect", b"100-Continue")],
        [(b"host", b"[::1]:8181")],
        [(b"host", b"127.0.0.1")],
        [HOST, (b"x-forwarded-host", b"evil"), (b"cookie", b"a=b")],
    ],
)
def test_ordinary_requests_pass(headers: Headers) -> None:
    """What HTTP clients really send is not refused."""
    assert refused(headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [HOST, HOST],
        [(b"host", b"")],
        [(b"host", b"a b")],
        [(b"host", b"a,b")],
        [(b"host", b"user@host")],
        [(b"host", b"host/path")],
        [(b"host", b"host:port")],
        [(b"host", b"host:123456")],
        [(b"host", b"::1")],
        [(b"host", "hôst".encode())],
        [HOST, (b"content-length", b"5"), (b"transfer-encoding", b"chunked")],
        [HOST, (b"content-length", b"5"), (b"content-length", b"5")],
        [HOST, (b"content-length", b"-1")],
        [HOST, (b"content-length", b"+5")],
        [HOST, (b"content-length", b"5, 5")],
        [HOST, (b"content-length", b"0x5")],
        [HOST, (b"content-length", b"")],
        [HOST, (b"content-length", b"9" * 20)],
        [HOST, (b"content-length", "٥".encode())],
        [HOST, (b"transfer-encoding", b"gzip, chunked")],
        [HOST, (b"transfer-encoding", b"identity")],
        [HOST, (b"transfer-encoding", b"xchunked")],
        [HOST, (b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")],
        [HOST, (b"content-encoding", b"gzip")],
        [HOST, (b"content-encoding", b"aws-chunked")],
        [HOST, (b"content-encoding", b"identity"), (b"content-encoding", b"br")],
        [HOST, (b"expect", b"200-ok")],
        [HOST, (b"expect", b"")],
    ],
)
def test_requests_that_two_servers_could_read_differently_are_refused(headers: Headers) -> None:
    """A doubtful Host, framing, coding or expectation is a 400 and never reaches the service."""
    assert type(refused(headers)) is MalformedHttpRequestException


def test_chunks_are_refused_from_http_1_0() -> None:
    """HTTP/1.0 knows no Transfer-Encoding, so a proxy in front may have framed it otherwise."""
    headers = [HOST, (b"transfer-encoding", b"chunked")]
    assert type(refused(headers, http_version="1.0")) is MalformedHttpRequestException


def test_a_body_over_the_limit_is_refused_by_its_declared_length() -> None:
    """The limit is exact: a body of that many bytes passes, one more byte is a 413."""
    assert refused([HOST, (b"content-length", b"100")]) is None
    error = refused([HOST, (b"content-length", b"101")])
    assert type(error) is RequestEntityTooLargeException
    assert "100 bytes" in error.message


@pytest.mark.parametrize(
    ("host", "allowed", "passes"),
    [
        (b"larum.example", {"larum.example"}, True),
        (b"LARUM.example:8181", {"larum.example"}, True),
        (b"larum.example:8181", {"larum.example:8181"}, True),
        (b"larum.example:80", {"larum.example:8181"}, False),
        (b"larum.example", {"larum.example:8181"}, False),
        (b"[::1]:8181", {"[::1]"}, True),
        (b"evil.example", {"larum.example"}, False),
        (b"larum.example.evil", {"larum.example"}, False),
        (b"larum.example.", {"larum.example"}, False),
    ],
)
def test_only_allowed_hosts_are_answered(host: bytes, allowed: set[str], *, passes: bool) -> None:
    """A name that is not on the list is refused (DNS rebinding); without a port it means any."""
    assert (refused([(b"host", host)], allowed_hosts=frozenset(allowed)) is None) is passes
