"""URLs that are their own permission: an upload or a download of one blob, for one hour.

Query-signed as S3 has it: UNSIGNED-PAYLOAD, the path encoded once, each parameter exactly once. The
key is the server's own and changes every day (`UrlKeys`); the credential names it, and the access
key that asked for the URL, so that a key that is disabled takes its URLs with it.

Rules: reliability-and-security §4.3. Format:
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote, unquote, urlsplit

import msgspec

from larum.access.authorization import ALGORITHM, TERMINATOR
from larum.access.canonical import canonical_headers, collect_headers, query_pairs
from larum.access.signing_time import stamp_of
from larum.errors import AccessDenied

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from larum.access.canonical import SignedRequest

PATH: Final = "/blobs/"
LIFE: Final = timedelta(hours=1)
SERVICE: Final = "blobs"
KEY_PERIOD: Final = timedelta(days=1)
FUTURE: Final = timedelta(minutes=5)
DISPOSITION: Final = "response-content-disposition"
EXPIRED: Final = "Request has expired"
UNSIGNED_HEADERS: Final = "There were headers present in the request which were not signed"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BLOB_PATH: Final = re.compile(r"/blobs/(?P<key>[0-9a-f]{48})")
_DATE: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)
_EXPIRES: Final = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_SIGNATURE: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CREDENTIAL_PARTS: Final = 5
_DEFAULT_PORT: Final = re.compile(r":(?:80|443)\Z")


class Purpose(StrEnum):
    """What a URL is for; the value is the method that is signed."""

    UPLOAD = "PUT"
    DOWNLOAD = "GET"


METHODS: Final = {
    "PUT": Purpose.UPLOAD,
    "GET": Purpose.DOWNLOAD,
    "HEAD": Purpose.DOWNLOAD,
}
SIGNED_HEADERS: Final = {Purpose.UPLOAD: "content-length;host", Purpose.DOWNLOAD: "host"}
_ALWAYS: Final = frozenset(
    {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    }
)
PARAMETERS: Final = {Purpose.UPLOAD: _ALWAYS, Purpose.DOWNLOAD: _ALWAYS | {DISPOSITION}}


class Grant(msgspec.Struct, frozen=True):
    """What a URL allows, and who asked for it.

    `access_key_id` may be what `of_session` gives. `content_length` (bytes) is for an upload
    alone, `disposition` (the answer's Content-Disposition) for a download alone.
    """

    purpose: Purpose
    blob_key: str
    region: str
    access_key_id: str
    content_length: int | None = None
    disposition: str | None = None

    def __repr__(self) -> str:
        """Leave out the blob's key and the file name in the disposition."""
        return f"Grant({self.purpose}, ***)"


class SessionMark(NamedTuple):
    """Whose session asked for a URL, and until when (seconds since 1970) it does."""

    access_key_id: str
    account: str
    identity_id: str
    expires: int


def of_session(mark: SessionMark) -> str:
    """Return what stands in a Grant for the access key id of a session, which nothing remembers."""
    return "~".join(map(str, mark))


def read_session(access_key_id: str) -> SessionMark | None:
    """Return what `of_session` wrote into a Grant that has been verified; None for a plain key."""
    parts = access_key_id.split("~")
    if len(parts) != len(SessionMark._fields):
        return None
    return SessionMark(parts[0], parts[1], parts[2], int(parts[3]))


class UrlKeys:
    """The keys that sign URLs: a new one each day, the day before's still good.

    `root` (32 bytes) is what they are derived from. A URL lives an hour, so it never outlives the
    key that signed it.
    """

    def __init__(self, root: bytes) -> None:
        self._root = root

    def current(self, now: datetime) -> tuple[str, str]:
        """Return the id and the secret of the key that signs at `now`."""
        return self._key((now - _EPOCH) // KEY_PERIOD)

    def find(self, key_id: str, now: datetime) -> str | None:
        """Return the secret of a key that signs at `now` or signed the period before, or None."""
        period = (now - _EPOCH) // KEY_PERIOD
        return dict((self._key(period), self._key(period - 1))).get(key_id)

    def _key(self, period: int) -> tuple[str, str]:
        key_id = f"u{period}"
        return key_id, hmac.new(self._root, key_id.encode("ascii"), "sha256").hexdigest()


def mint(origin: str, grant: Grant, keys: UrlKeys, *, signed_at: datetime) -> str:
    """Return the URL beneath `origin` (scheme, host and port) that allows `grant` for an hour."""
    key_id, secret = keys.current(signed_at)
    stamp = stamp_of(signed_at)
    scope = f"{stamp[:8]}/{grant.region}/{SERVICE}/{TERMINATOR}"
    parameters = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{grant.access_key_id}.{key_id}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(int(LIFE.total_seconds())),
        "X-Amz-SignedHeaders": SIGNED_HEADERS[grant.purpose],
    }
    if grant.disposition is not None:
        parameters[DISPOSITION] = grant.disposition
    path = PATH + grant.blob_key
    query = _joined(sorted((_quoted(name), _quoted(each)) for name, each in parameters.items()))
    headers = {"host": _host(urlsplit(origin).netloc)}
    if grant.content_length is not None:
        headers["content-length"] = str(grant.content_length)
    canonical = _canonical(grant.purpose, path, query, headers)
    signature = _signature(secret, scope, stamp, canonical or "")
    return f"{origin}{path}?{query}&X-Amz-Signature={signature}"


def claimed_access_key_id(request: SignedRequest) -> str:
    """Return the access key id that the URL claims, cut to 128 characters; empty if none.

    Only a name for counting failures: it says nothing about who made the URL.
    """
    return request.raw_query.partition("X-Amz-Credential=")[2].partition(".")[0][:128]


def verify(
    request: SignedRequest, keys: UrlKeys, *, regions: frozenset[str], now: datetime
) -> Grant:
    """Return what the URL of `request` allows; its body is not looked at.

    Raises AccessDenied for whatever is not exactly a URL that `mint` made in the last hour, used
    with the method, the Host and the length that it was made for.
    """
    purpose, blob_key = METHODS.get(request.method), _BLOB_PATH.fullmatch(request.raw_path)
    if purpose is None or blob_key is None:
        raise AccessDenied("Access Denied")
    arrived = collect_headers(request.headers)
    if "authorization" in arrived:
        raise AccessDenied("Only one auth mechanism allowed")
    pairs = query_pairs(request.raw_query)
    claim = _claim(pairs, PARAMETERS[purpose])
    if claim["X-Amz-SignedHeaders"] != SIGNED_HEADERS[purpose]:
        raise AccessDenied("X-Amz-SignedHeaders is not that of such a URL")
    credential = _credential(claim, regions)
    _check_time(claim, now)
    query = _joined(pair for pair in pairs if pair[0] != "X-Amz-Signature")
    headers = arrived | {"host": _host(arrived.get("host", ""))}
    canonical = _canonical(purpose, request.raw_path, query, headers)
    if canonical is None:
        raise AccessDenied(UNSIGNED_HEADERS)
    # A key that is unknown takes the same work.
    secret = keys.find(credential.key_id, now)
    genuine = hmac.compare_digest(
        _signature(secret or "", credential.scope, claim["X-Amz-Date"], canonical),
        claim["X-Amz-Signature"],
    )
    if not genuine or secret is None:
        raise AccessDenied("The request signature does not match this URL")
    return Grant(
        purpose,
        blob_key["key"],
        credential.region,
        credential.access_key_id,
        content_length=int(arrived["content-length"]) if purpose is Purpose.UPLOAD else None,
        disposition=claim.get(DISPOSITION),
    )


class _Credential(NamedTuple):
    access_key_id: str
    key_id: str
    region: str
    scope: str


def _claim(pairs: list[tuple[str, str]], expected: frozenset[str]) -> dict[str, str]:
    """Return the decoded parameters: exactly the `expected` ones, each exactly once."""
    if Counter(name for name, _ in pairs) != Counter(expected):
        raise AccessDenied("The query is not exactly that of a signed URL")
    claim = {name: unquote(value) for name, value in pairs}
    in_form = (
        claim["X-Amz-Algorithm"] == ALGORITHM
        and _DATE.fullmatch(claim["X-Amz-Date"])
        and _EXPIRES.fullmatch(claim["X-Amz-Expires"])
        and _SIGNATURE.fullmatch(claim["X-Amz-Signature"])
    )
    if not in_form or int(claim["X-Amz-Expires"]) > LIFE.total_seconds():
        raise AccessDenied("A parameter of the signed URL is malformed")
    return claim


def _credential(claim: Mapping[str, str], regions: frozenset[str]) -> _Credential:
    parts = claim["X-Amz-Credential"].split("/")
    if len(parts) == _CREDENTIAL_PARTS:
        name, date, region, service, terminator = parts
        access_key_id, _, key_id = name.rpartition(".")
        if (
            access_key_id
            and date == claim["X-Amz-Date"][:8]
            and region in regions
            and (service, terminator) == (SERVICE, TERMINATOR)
        ):
            return _Credential(access_key_id, key_id, region, "/".join(parts[1:]))
    raise AccessDenied("X-Amz-Credential is malformed")


def _check_time(claim: Mapping[str, str], now: datetime) -> None:
    try:
        signed_at = datetime.strptime(claim["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise AccessDenied("A parameter of the signed URL is malformed") from None
    if signed_at > now + FUTURE:
        raise AccessDenied("Request is not valid yet")
    if now > signed_at + timedelta(seconds=int(claim["X-Amz-Expires"])):
        raise AccessDenied(EXPIRED)


def _host(netloc: str) -> str:
    """Return a Host as every client sends it: the port that the scheme implies may be left out."""
    return _DEFAULT_PORT.sub("", netloc.strip(" \t").lower())


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _joined(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)


def _canonical(purpose: Purpose, path: str, query: str, arrived: Mapping[str, str]) -> str | None:
    names = SIGNED_HEADERS[purpose]
    block = canonical_headers(arrived, tuple(names.split(";")))
    if block is None:
        return None
    return f"{purpose}\n{path}\n{query}\n{block}\n{names}\nUNSIGNED-PAYLOAD"


def _signature(secret: str, scope: str, stamp: str, canonical: str) -> str:
    digest = sha256(canonical.encode("latin-1", "replace")).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{digest}"
    return hmac.new(key, to_sign.encode(), "sha256").hexdigest()
