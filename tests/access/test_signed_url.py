"""Signed URLs of attachments: what is minted is taken, and nothing else is (rows 30 to 33, 35)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from larum.access import signed_url
from larum.access.signed_url import Grant, Purpose, UrlKeys
from larum.domain.attachments import content_disposition
from larum.errors import AccessDenied
from larum.wire.http import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
REGIONS = frozenset({"us-east-1", "eu-central-1"})
KEYS = UrlKeys(b"k" * 32)
KEY = "0123456789abcdef" * 3
ORIGIN = "http://larum.example:8181"
UPLOAD = Grant(Purpose.UPLOAD, KEY, "us-east-1", "LARUEXAMPLEEXAMPLE00", content_length=5)
DOWNLOAD = Grant(
    Purpose.DOWNLOAD,
    KEY,
    "us-east-1",
    "LARUEXAMPLEEXAMPLE00",
    disposition=content_disposition("log.txt"),
)


def requested(url: str, method: str, **more: Any) -> HttpRequest:
    """Return the request that a client makes of `url`; `more` are headers, None for none."""
    parts = urlsplit(url)
    headers: dict[str, str | None] = {"host": parts.netloc, "if-none-match": "*"}
    if method == "PUT":
        headers["content-length"] = "5"
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    given = tuple((name, value) for name, value in headers.items() if value is not None)
    return HttpRequest(method, parts.path, parts.query, given, b"")


def uploaded(signed_at: datetime = NOW) -> str:
    """Return an upload URL."""
    return signed_url.mint(ORIGIN, UPLOAD, KEYS, signed_at=signed_at)


def taken(request: HttpRequest, now: datetime = NOW, keys: UrlKeys = KEYS) -> Grant:
    """Return what the request may do; raises AccessDenied."""
    return signed_url.verify(request, keys, regions=REGIONS, now=now)


def assert_refused(request: HttpRequest, now: datetime = NOW, keys: UrlKeys = KEYS) -> str:
    """Return why the request is refused."""
    with pytest.raises(AccessDenied) as caught:
        taken(request, now, keys)
    return caught.value.message


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_minted_is_taken(method: str) -> None:
    """The grant comes back whole from the URL that was made for it."""
    assert taken(requested(uploaded(), "PUT")) == UPLOAD
    url = signed_url.mint(ORIGIN, DOWNLOAD, KEYS, signed_at=NOW)
    assert taken(requested(url, method)) == DOWNLOAD


def test_it_is_signed_as_s3_signs() -> None:
    """A URL that botocore's S3 signer makes with the day's key is the same URL, to the byte."""
    key_id, secret = KEYS.current(NOW)
    request = AWSRequest("PUT", f"{ORIGIN}/blobs/{KEY}", headers={"content-length": "5"})
    request.context["timestamp"] = NOW.strftime("%Y%m%dT%H%M%SZ")
    signer = S3SigV4QueryAuth(
        Credentials(f"{UPLOAD.access_key_id}.{key_id}", secret), "blobs", "us-east-1", 3600
    )
    canonical = signer.canonical_request
    signer._modify_request_before_signing(request)  # type: ignore[attr-defined] # no stub has it
    to_sign = signer.string_to_sign(request, canonical(request))
    theirs = signer.signature(to_sign, request)
    ours = dict(parse_qsl(urlsplit(uploaded()).query))
    assert ours["X-Amz-Signature"] == theirs
    assert dict(parse_qsl(urlsplit(request.url or "").query)) | {"X-Amz-Signature": theirs} == ours


def test_it_ends_after_an_hour() -> None:
    """Good to the last second of the hour, and not one more; not before its time either."""
    request = requested(uploaded(), "PUT")
    assert taken(request, NOW + timedelta(seconds=3600)) == UPLOAD
    assert assert_refused(request, NOW + timedelta(seconds=3601)) == "Request has expired"
    assert taken(request, NOW - timedelta(seconds=300)) == UPLOAD
    assert assert_refused(request, NOW - timedelta(seconds=301)) == "Request is not valid yet"


def test_an_upload_url_uploads_and_a_download_url_downloads() -> None:
    """Neither works for the other, nor with any other method (rows 30 and 35)."""
    download = signed_url.mint(ORIGIN, DOWNLOAD, KEYS, signed_at=NOW)
    for url, methods in (
        (uploaded(), ["GET", "HEAD", "POST", "DELETE", "put", "PATCH", "OPTIONS"]),
        (download, ["PUT", "POST", "DELETE", "get", "OPTIONS"]),
    ):
        for method in methods:
            assert_refused(requested(url, method))


@pytest.mark.parametrize(
    "headers",
    [
        {"content_length": "6"},
        {"content_length": "05"},
        {"content_length": None},
        {"content_length": None, "transfer_encoding": "chunked"},
        {"host": "other.example:8181"},
        {"host": "larum.example"},
        {"host": None},
        {"authorization": "AWS4-HMAC-SHA256 Credential=x"},
        {"x_amz_acl": "public-read"},
        {"x_amz_checksum_sha256": "AAAA"},
        {"x_amz_content_sha256": "UNSIGNED-PAYLOAD"},
        {"x_amz_security_token": "x"},
    ],
    ids=str,
)
def test_what_was_not_signed_is_refused(headers: dict[str, str | None]) -> None:
    """Another length or Host, an unsigned x-amz- header, a second way to authenticate (row 33)."""
    assert_refused(requested(uploaded(), "PUT", **headers))


def altered(url: str, change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]) -> str:
    """Return the URL with its parameters changed."""
    base, _, query = url.partition("?")
    return f"{base}?{urlencode(change(parse_qsl(query)), quote_via=quote, safe='')}"


def with_value(name: str, value: str) -> Callable[[list[tuple[str, str]]], list[tuple[str, str]]]:
    """Return a change that gives the parameter another value."""
    return lambda pairs: [(key, value if key == name else old) for key, old in pairs]


EXPIRES = ["0", "-1", "604801", "3601", "1e3", "٣٦٠٠", "", "+1", "1.0", " 3600", "03600", "9" * 30]
DATES = ["20261122T103500Z", "99991231T235959Z", "2026-11-22T10:30:00Z", "20261399T103000Z", ""]
CREDENTIALS = [
    "LARUEXAMPLEEXAMPLE00/20261122/us-east-1/blobs/aws4_request",
    "LARUEXAMPLEEXAMPLE00.u1/20261122/us-east-1/blobs/aws4_request",
    "LARUEXAMPLEEXAMPLE01.u20779/20261122/us-east-1/blobs/aws4_request",
    "LARUEXAMPLEEXAMPLE00.u20779/20261121/us-east-1/blobs/aws4_request",
    "LARUEXAMPLEEXAMPLE00.u20779/20261122/eu-central-1/blobs/aws4_request",
    "LARUEXAMPLEEXAMPLE00.u20779/20261122/us-east-1/s3/aws4_request",
    "LARUEXAMPLEEXAMPLE00.u20779/20261122/us-east-1/blobs/aws4_request/",
    ".u20779/20261122/us-east-1/blobs/aws4_request",
    "/",
    "",
]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("X-Amz-Expires", EXPIRES),
        ("X-Amz-Date", DATES),
        ("X-Amz-Credential", CREDENTIALS),
        ("X-Amz-Algorithm", ["AWS4-HMAC-SHA1", "aws4-hmac-sha256", ""]),
        ("X-Amz-SignedHeaders", ["host", "content-length", "content-length;host;x", ""]),
        ("X-Amz-Signature", ["0" * 64, "F" * 64, "0" * 63, "", "é" * 64]),
    ],
)
def test_no_other_value_is_taken(name: str, values: list[str]) -> None:
    """A parameter with another value is a refusal (rows 30 to 32)."""
    for value in values:
        assert_refused(requested(altered(uploaded(), with_value(name, value)), "PUT"))


@pytest.mark.parametrize("name", sorted(signed_url.PARAMETERS[Purpose.UPLOAD]))
def test_each_parameter_is_there_once(name: str) -> None:
    """Missing, twice, in another letter case or beside others: refused (rows 31 and 33)."""
    url = uploaded()
    for change in (
        lambda pairs: [each for each in pairs if each[0] != name],
        lambda pairs: pairs + [each for each in pairs if each[0] == name],
        lambda pairs: [(k.lower() if k == name else k, v) for k, v in pairs],
        lambda pairs: [*pairs, ("x-id", "PutObject")],
        lambda pairs: [*pairs, ("response-content-disposition", "inline")],
    ):
        assert_refused(requested(altered(url, change), "PUT"))


def test_a_download_names_its_file_by_the_signature() -> None:
    """Nobody can turn an attachment into a page: the disposition is signed."""
    url = signed_url.mint(ORIGIN, DOWNLOAD, KEYS, signed_at=NOW)
    change = with_value("response-content-disposition", "inline")
    assert_refused(requested(altered(url, change), "GET"))


def test_no_single_change_passes() -> None:
    """Of 3,000 URLs with one character changed, none is taken as anything but the same grant."""
    chosen = random.Random(30)
    url = uploaded()
    for _ in range(3_000):
        place = chosen.randrange(len(ORIGIN) + 1, len(url))
        changed = url[:place] + chosen.choice("abcXYZ0189%/&=;.~-_") + url[place + 1 :]
        if changed != url:
            assert_refused(requested(changed, "PUT", host="larum.example:8181"))


def test_the_key_of_the_day_before_is_good() -> None:
    """A URL made a minute before midnight lives its hour; a key of two days ago signs nothing."""
    late = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    request = requested(uploaded(late), "PUT")
    assert taken(request, late + timedelta(minutes=59)) == UPLOAD
    assert KEYS.find(KEYS.current(late)[0], late + timedelta(days=1)) is not None
    assert KEYS.find(KEYS.current(late)[0], late + timedelta(days=2)) is None
    assert KEYS.current(late) != KEYS.current(late + timedelta(minutes=2))


def test_another_installation_signs_with_other_keys() -> None:
    """A URL of one installation is nothing to another."""
    assert_refused(requested(uploaded(), "PUT"), keys=UrlKeys(b"j" * 32))


def test_default_ports_may_be_left_out() -> None:
    """A client that leaves out the port that the scheme implies is taken."""
    url = signed_url.mint("https://larum.example:443", UPLOAD, KEYS, signed_at=NOW)
    assert taken(requested(url, "PUT", host="larum.example")) == UPLOAD
    assert taken(requested(url, "PUT", host="LARUM.example:443")) == UPLOAD


def test_a_long_name_fits_the_model() -> None:
    """The longest file name keeps the query under 2,000 bytes, and no semicolon is bare."""
    grant = Grant(
        Purpose.DOWNLOAD, KEY, "us-east-1", "L" * 128, disposition=content_disposition("a" * 255)
    )
    url = signed_url.mint("http://sir.local:8080", grant, KEYS, signed_at=NOW)
    assert len(url.partition("?")[2]) < 2_000
    assert ";" not in url


def test_a_grant_tells_nothing() -> None:
    """Neither the blob's key nor the file's name is in a grant's repr."""
    assert KEY not in repr(UPLOAD)
    assert "log.txt" not in repr(DOWNLOAD)
