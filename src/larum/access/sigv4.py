"""Who signed this request? AWS Signature Version 4, by the header, for the API's routes.

    raw request -> what it claims -> is the claim in form and in time -> whose key
                -> the signature that this key would give -> equal? -> Caller

`verify` is the only way to a `Caller` (beside `relaxed`, which checks nothing and says so), and it
either returns one or raises: there is no mode, header or payload form that leaves it in between.
Replays within the window are accepted on purpose: an SDK's retry within the same second has the
same signature.

Rules, order and texts: reliability-and-security §4.1 and §4.2.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from larum.access.authorization import (
    ALGORITHM,
    TERMINATOR,
    is_access_key_id,
    read_authorization,
    read_scope,
    unknown_key,
)
from larum.access.canonical import (
    SignedRequest,
    canonical_headers,
    canonical_path,
    check_raw_target,
    collect_headers,
    query_pairs,
    signed_names,
)
from larum.access.signing_time import check_signing_time, read_signing_time
from larum.context import Caller
from larum.domain.principals import AccessKeyStatus
from larum.errors import (
    ExpiredTokenException,
    InvalidSignatureException,
    UnrecognizedClientException,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from hashlib import _Hash as Hash

    from larum.access.authorization import Authorization, Scope
    from larum.domain.principals import AccessKey
    from larum.domain.sessions import SessionKey

__all__ = ["DEFAULT_SKEW", "SignedRequest", "check_raw_target", "verify"]

DEFAULT_SKEW = timedelta(minutes=5)
INVALID_TOKEN = "The security token included in the request is invalid"  # noqa: S105 - a text

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details."
)
# Signs in place of a key that does not exist, so that refusing it takes the same work.
_NOBODYS_SECRET = "0" * 40
_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))


def no_session(_access_key_id: str, _token: str) -> SessionKey | None:
    """Open no session token: for whoever knows long-lived keys alone."""
    return None


def verify(
    request: SignedRequest,
    *,
    find_access_key: Callable[[str], AccessKey | None],
    open_session: Callable[[str, str], SessionKey | None] = no_session,
    service: frozenset[str],
    regions: frozenset[str],
    now: datetime,
    skew: timedelta = DEFAULT_SKEW,
) -> Caller:
    """Return who signed `request`.

    `find_access_key` is asked for an id of 1 to 128 printable ASCII characters and returns the key
    as it is now, disabled ones included. `open_session` is asked for such an id and the token that
    came with it, and returns the session that was made with both, ended ones included. `service`
    are the signing names allowed here: that of the matched route, or all that are served for a
    route that does not exist. `regions` are the known Regions, served or not.

    Raises:
        MalformedHttpRequestException: the path or query is not one that can be signed.
        MissingAuthenticationTokenException: nothing authenticates the request.
        IncompleteSignatureException: the header, date or credential cannot be understood.
        InvalidSignatureException: the signature, its scope or its time is wrong.
        UnrecognizedClientException: the access key or the session token is not known.
        ExpiredTokenException: the session has ended.

    """
    check_raw_target(request.raw_path, request.raw_query)
    pairs = query_pairs(request.raw_query)
    arrived = collect_headers(request.headers)
    claim = read_authorization(request.headers, arrived, pairs, date_needed=True)
    stamp, scope = _check_claim(claim, arrived, service, regions, now, skew)
    token = arrived.get("x-amz-security-token")
    if token is None:
        access_key, session = _find_active(scope.access_key_id, find_access_key), None
    else:
        found = _find_session(scope.access_key_id, token, open_session, now)
        access_key, session = found.access_key, found.session
    canonical = _canonical_request(request, arrived, pairs, claim)
    secret = access_key.secret_access_key if access_key else _NOBODYS_SECRET
    genuine = canonical is not None and hmac.compare_digest(
        _signature(secret, scope, stamp, canonical),
        claim.signature if claim.signature.isascii() else "",
    )
    if access_key is None:
        raise unknown_key()
    if not genuine:
        raise InvalidSignatureException(_MISMATCH)
    return Caller(access_key.principal, access_key.access_key_id, scope.region, session)


def claimed_access_key_id(request: SignedRequest) -> str:
    """Return the access key id that the request claims, cut to 128 characters; empty if none.

    Only a name for counting failures: it says nothing about who sent the request.
    """
    for name, value in request.headers:
        if name == "authorization":
            return value.partition("Credential=")[2].partition("/")[0][:128]
    return ""


def _check_claim(
    claim: Authorization,
    arrived: Mapping[str, str],
    service: frozenset[str],
    regions: frozenset[str],
    now: datetime,
    skew: timedelta,
) -> tuple[str, Scope]:
    """Check all that can be known without the key (rows 7 to 12); return time stamp and scope."""
    if "host" not in claim.signed_headers.split(";"):
        raise InvalidSignatureException(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        )
    signed = read_signing_time(arrived, skew=skew)
    check_signing_time(signed, now=now, skew=skew)
    scope = read_scope(claim.credential, service=service, regions=regions, stamp=signed.stamp)
    return signed.stamp, scope


def _find_session(
    access_key_id: str,
    token: str,
    open_session: Callable[[str, str], SessionKey | None],
    now: datetime,
) -> SessionKey:
    """Return the session that the token is of (rows 13 and 14); a long-lived key has none."""
    found = open_session(access_key_id, token) if is_access_key_id(access_key_id) else None
    if found is None:
        raise UnrecognizedClientException(INVALID_TOKEN)
    if found.session.has_expired(now):
        raise ExpiredTokenException("The security token included in the request is expired")
    return found


def _find_active(
    access_key_id: str, find_access_key: Callable[[str], AccessKey | None]
) -> AccessKey | None:
    if not is_access_key_id(access_key_id):
        return None
    found = find_access_key(access_key_id)
    if found is None or found.status is not AccessKeyStatus.ACTIVE or not found.secret_access_key:
        return None
    return found


def _canonical_request(
    request: SignedRequest,
    arrived: Mapping[str, str],
    pairs: list[tuple[str, str]],
    claim: Authorization,
) -> str | None:
    """Return the canonical request, or None for one that no signature can make good."""
    names = signed_names(claim.signed_headers)
    block = canonical_headers(arrived, names) if names else None
    content_hash = sha256(request.body).hexdigest()
    if block is None or arrived.get("x-amz-content-sha256", content_hash) != content_hash:
        return None
    query = "&".join([f"{name}={value}" for name, value in pairs]) if pairs else ""
    return (
        f"{request.method}\n{canonical_path(request.raw_path)}\n{query}\n{block}\n"
        f"{claim.signed_headers}\n{content_hash}"
    )


def _signature(secret: str, scope: Scope, stamp: str, canonical: str) -> str:
    """Return the 64 hexadecimal digits that `secret` gives for the canonical request."""
    # Latin-1 turns each character back into the byte that arrived.
    digest = sha256(canonical.encode("latin-1")).hexdigest()
    _, date, region, service = scope
    to_sign = f"{ALGORITHM}\n{stamp}\n{date}/{region}/{service}/{TERMINATOR}\n{digest}"
    inner_start, outer_start = _signing_key(secret, date, region, service)
    inner, outer = inner_start.copy(), outer_start.copy()
    inner.update(to_sign.encode("ascii"))
    outer.update(inner.digest())
    return outer.hexdigest()


@lru_cache(maxsize=4_000)
def _signing_key(secret: str, date: str, region: str, service: str) -> tuple[Hash, Hash]:
    """Return the two halves of an HMAC under the signing key, to be copied and never updated.

    They are RFC 2104's: SHA-256 over the key XOR 0x36 and XOR 0x5C, each filled to the block; kept
    half done they save a third of the work of `hmac`, on every request. The secret itself is part
    of what they are remembered by, so a rotated one is never answered from an old key; the rest has
    been checked by now and takes few values, so nobody can flood the memory.
    """
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode("ascii"), "sha256")
    block = key.ljust(64, b"\0")
    return sha256(block.translate(_INNER_PAD)), sha256(block.translate(_OUTER_PAD))
