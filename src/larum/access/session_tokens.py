"""Session tokens: a whole session, sealed, that the caller brings along with each request.

    token = base64url( version | nonce (12) | AES-GCM( deflate( secret, session ) ) )

Nothing is kept here: the token has the secret access key, whose session it is and until when, and
is bound to its access key id, so no token opens for the key of another. Whether the role or user is
still there is for the store to say, at each request (reliability-and-security §4.1 rule 10).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from larum.domain.principals import AccessKey, Principal
from larum.domain.sessions import Session, SessionKey

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX: Final = "LARS"
LONGEST: Final = 8_192
NONCE_BYTES: Final = 12
SECRET_BYTES: Final = 30
KEY_ID_BYTES: Final = 10

_VERSION: Final = b"\x01"
_TAG_BYTES: Final = 16
_RAW_DEFLATE: Final = -15


class _Content(msgspec.Struct, array_like=True, frozen=True):
    """What is sealed; times are whole seconds since 1970. Never change the order of the members."""

    secret: str
    account: str
    principal: str
    identity: str
    identity_id: str
    issued: int
    expires: int
    multi_factor: bool
    policies: tuple[str, ...] | None
    policy_arns: tuple[str, ...]
    tags: dict[str, str]
    transitive_keys: tuple[str, ...]


class SessionTokens:
    """Makes and opens session tokens under `key` (32 bytes); `random(n)` gives n bytes."""

    def __init__(self, key: bytes, random: Callable[[int], bytes]) -> None:
        self._cipher = AESGCM(key)
        self._random = random

    def issue(self, session: Session) -> SessionKey:
        """Return new credentials of `session`.

        The token is as long as what is in it: some 400 characters for a session without policies
        and tags. Raises ValueError for one over 8,192 characters.
        """
        access_key = AccessKey(
            PREFIX + base64.b32encode(self._random(KEY_ID_BYTES)).decode(),
            base64.b64encode(self._random(SECRET_BYTES)).decode(),
            session.principal,
        )
        packed = _packed(_content(access_key.secret_access_key, session))
        nonce = self._random(NONCE_BYTES)
        bound = access_key.access_key_id.encode()
        token = _encoded(_VERSION + nonce + self._cipher.encrypt(nonce, packed, bound))
        if len(token) > LONGEST:
            raise ValueError("The session is too large for a token.")
        return SessionKey(access_key, token, session)

    def packed_size(self, session: Session) -> int:
        """Return how many bytes the policies and tags of a session have, packed by themselves."""
        packed = (session.policies or (), session.policy_arns, dict(session.tags))
        return len(_packed(packed))

    def open(self, access_key_id: str, token: str) -> SessionKey | None:
        """Return the credentials that `token` was made for, or None: altered, or another key's.

        It may have expired.
        """
        raw = _decoded(token)
        if raw is None or raw[:1] != _VERSION or len(raw) < 1 + NONCE_BYTES + _TAG_BYTES:
            return None
        nonce, sealed = raw[1 : 1 + NONCE_BYTES], raw[1 + NONCE_BYTES :]
        try:
            packed = self._cipher.decrypt(nonce, sealed, access_key_id.encode())
        except InvalidTag:
            return None
        # Nobody else can have sealed it, so what is inside has the form and the size that we gave.
        content = _decode(zlib.decompress(packed, wbits=_RAW_DEFLATE))
        session = _session(content)
        access_key = AccessKey(access_key_id, content.secret, session.principal)
        return SessionKey(access_key, token, session)


_decode = msgspec.msgpack.Decoder(_Content).decode


def _packed(content: object) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(content), level=9, wbits=_RAW_DEFLATE)


def _content(secret: str, session: Session) -> _Content:
    return _Content(
        secret=secret,
        account=session.principal.account,
        principal=session.principal.arn,
        identity=session.identity.arn,
        identity_id=session.identity_id,
        issued=int(session.issued_at.timestamp()),
        expires=int(session.expires_at.timestamp()),
        multi_factor=session.multi_factor,
        policies=session.policies,
        policy_arns=session.policy_arns,
        tags=dict(session.tags),
        transitive_keys=tuple(sorted(session.transitive_keys)),
    )


def _session(content: _Content) -> Session:
    return Session(
        principal=Principal(content.account, content.principal),
        identity=Principal(content.account, content.identity),
        identity_id=content.identity_id,
        issued_at=datetime.fromtimestamp(content.issued, UTC),
        expires_at=datetime.fromtimestamp(content.expires, UTC),
        multi_factor=content.multi_factor,
        policies=content.policies,
        policy_arns=content.policy_arns,
        tags=content.tags,
        transitive_keys=frozenset(content.transitive_keys),
    )


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decoded(token: str) -> bytes | None:
    if len(token) > LONGEST or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # Base64 has several spellings of the same bytes; only ours is a token.
    return raw if hmac.compare_digest(_encoded(raw), token) else None
