"""Requests for the verifier's tests: signed by botocore, or by hand where botocore would not.

A refusal proves nothing if the signature was wrong for another reason. `Draft` therefore signs what
it is told to, however odd, with a small signer of its own that shares no code with the verifier.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from msgspec.structs import replace as altered

from larum.access.sigv4 import DEFAULT_SKEW, verify
from larum.domain.principals import AccessKey, AccessKeyStatus, Principal
from larum.domain.regions import REGIONS
from larum.errors import InvalidSignatureException, ServiceError
from larum.wire.http import HttpRequest

if TYPE_CHECKING:
    from larum.context import Caller

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
STAMP = "20261122T120000Z"
SERVICE = frozenset({"security-ir"})
KEY = AccessKey("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Principal.root("1" * 12))
OTHER = AccessKey("AKIDOTHER", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY", Principal.root("2" * 12))
DISABLED = msgspec.structs.replace(
    OTHER, access_key_id="AKIDDISABLED", status=AccessKeyStatus.INACTIVE
)
EMPTY = msgspec.structs.replace(OTHER, access_key_id="AKIDEMPTY", secret_access_key="")
KEYS = {key.access_key_id: key for key in (KEY, OTHER, DISABLED, EMPTY)}


def check(
    request: HttpRequest,
    *,
    now: datetime = NOW,
    service: frozenset[str] = SERVICE,
    skew: timedelta = DEFAULT_SKEW,
) -> Caller:
    """Verify `request` against the keys above."""
    return verify(
        request, find_access_key=KEYS.get, service=service, regions=REGIONS, now=now, skew=skew
    )


def signed_at(request: HttpRequest) -> datetime:
    """Return the time in the request's x-amz-date."""
    stamp = request.header("x-amz-date") or ""
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def sign_with_botocore(
    method: str,
    path: str,
    query: str = "",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    key: AccessKey = KEY,
) -> HttpRequest:
    """Return the request as botocore signs it now; path and query are percent-encoded already."""
    url = f"http://larum.example:8181{path}" + (f"?{query}" if query else "")
    request: Any = AWSRequest(method, url, headers={"Host": "larum.example:8181"}, data=body)
    for name, value in (headers or {}).items():
        request.headers[name] = value
    credentials = Credentials(key.access_key_id, key.secret_access_key)
    SigV4Auth(credentials, "security-ir", "us-east-1").add_auth(request)
    arrived = tuple((name.lower(), str(value)) for name, value in request.headers.items())
    return HttpRequest(method, path, query, arrived, body)


@dataclass(frozen=True)
class Draft:
    """A request to be signed by hand; None for a part means: what is right."""

    method: str = "POST"
    path: str = "/v1/membership"
    query: str = ""
    body: bytes = b'{"a":1}'
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    host: str = "larum.example"
    date_header: str = "x-amz-date"
    stamp: str | None = STAMP
    names: str | None = None
    key: AccessKey = KEY
    access_key_id: str | None = None
    scope: str = "20261122/us-east-1/security-ir/aws4_request"
    algorithm: str = "AWS4-HMAC-SHA256"
    content_hash: str | None = None
    unsigned: tuple[tuple[str, str], ...] = field(default=())

    def arrived(self) -> tuple[tuple[str, str], ...]:
        """Return the headers that are sent, without Authorization."""
        dated = () if self.stamp is None else ((self.date_header, self.stamp),)
        return (("host", self.host), *self.headers, *dated)

    def authorization(self) -> str:
        """Return the header's value for this draft."""
        values = dict(self.arrived())
        names = ";".join(sorted(values)) if self.names is None else self.names
        block = "".join(f"{name}:{values.get(name.lower(), '')}\n" for name in names.split(";"))
        hashed = self.content_hash or hashlib.sha256(self.body).hexdigest()
        parts = [self.method, quote(self.path, safe="/~"), self.query, block, names, hashed]
        digest = hashlib.sha256("\n".join(parts).encode("latin-1")).hexdigest()
        key = f"AWS4{self.key.secret_access_key}".encode()
        for part in self.scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        stamp = self.stamp or STAMP
        to_sign = f"{self.algorithm}\n{stamp}\n{self.scope}\n{digest}".encode("latin-1")
        signature = hmac.digest(key, to_sign, "sha256").hex()
        access_key_id = self.access_key_id or self.key.access_key_id
        return (
            f"{self.algorithm} Credential={access_key_id}/{self.scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )

    def request(self, authorization: str | None = None) -> HttpRequest:
        """Return the request, signed, or with `authorization` in its place."""
        value = self.authorization() if authorization is None else authorization
        headers = (*self.arrived(), *self.unsigned, ("authorization", value))
        return HttpRequest(self.method, self.path, self.query, headers, self.body)


def refused(
    request: HttpRequest,
    *,
    now: datetime = NOW,
    service: frozenset[str] = SERVICE,
    skew: timedelta = DEFAULT_SKEW,
) -> ServiceError:
    """Return the refusal of `request`; accepting it fails the test."""
    with pytest.raises(ServiceError) as caught:
        check(request, now=now, service=service, skew=skew)
    return caught.value


def is_mismatch(error: ServiceError) -> bool:
    """Whether `error` is the refusal of a wrong signature."""
    return isinstance(error, InvalidSignatureException) and error.message.startswith(
        "The request signature we calculated does not match the signature"
    )


def changed(request: HttpRequest, name: str, value: str) -> HttpRequest:
    """Return `request` with another value for the header `name`."""
    headers = tuple((key, value if key == name else old) for key, old in request.headers)
    return altered(request, headers=headers)


def added(request: HttpRequest, name: str, value: str) -> HttpRequest:
    """Return `request` with one more header."""
    return altered(request, headers=(*request.headers, (name, value)))


def content_hash(body: bytes = Draft.body) -> str:
    """Return the hash of `body` as x-amz-content-sha256 has it."""
    return hashlib.sha256(body).hexdigest()
