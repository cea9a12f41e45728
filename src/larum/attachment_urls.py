"""Where an attachment's bytes go and come from, as a URL: this server's own, or the bucket's.

The host of a URL is the public one, else the one that the caller used, else where the server (or
the listener of a service in this process) listens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.access import signed_url
from larum.access.signed_url import Grant, Purpose, SessionMark
from larum.domain.attachments import content_disposition

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.access.signed_url import UrlKeys
    from larum.context import Caller, Context
    from larum.domain.attachments import Attachment
    from larum.store.blobs import Blobs


class AttachmentUrls:
    """Makes the URLs; `own_origin()` tells where this server listens, and makes it listen."""

    def __init__(
        self,
        keys: UrlKeys,
        blobs: Blobs,
        public_url: str | None,
        own_origin: Callable[[], str],
    ) -> None:
        self._keys = keys
        self._blobs = blobs
        self._public_url = public_url
        self._own_origin = own_origin

    def upload(self, context: Context, attachment: Attachment) -> str:
        """Return the URL that takes the bytes of `attachment`, good until its row says.

        The same each time: an SDK that lost the answer gets it again.
        """
        origin = self._origin(context)
        if self._blobs.urls is not None:
            life = attachment.url_expires_at - context.now
            return self._blobs.urls.upload(attachment.blob_key, attachment.content_length, life)
        grant = Grant(
            Purpose.UPLOAD,
            attachment.blob_key,
            attachment.region,
            _minter(context.caller),
            content_length=attachment.content_length,
        )
        signed_at = attachment.url_expires_at - signed_url.LIFE
        return signed_url.mint(origin, grant, self._keys, signed_at=signed_at)

    def download(self, context: Context, attachment: Attachment) -> str:
        """Return the URL that gives the bytes of `attachment` for an hour."""
        origin = self._origin(context)
        disposition = content_disposition(attachment.file_name)
        if self._blobs.urls is not None:
            return self._blobs.urls.download(attachment.blob_key, disposition, signed_url.LIFE)
        grant = Grant(
            Purpose.DOWNLOAD,
            attachment.blob_key,
            attachment.region,
            _minter(context.caller),
            disposition=disposition,
        )
        return signed_url.mint(origin, grant, self._keys, signed_at=context.now)

    def _origin(self, context: Context) -> str:
        return self._public_url or context.origin or self._own_origin()


def _minter(caller: Caller) -> str:
    """Return who a URL says has asked for it: a key, or a session, with which the URL ends."""
    session = caller.session
    if session is None:
        return caller.access_key_id
    expires = int(session.expires_at.timestamp())
    return signed_url.of_session(
        SessionMark(caller.access_key_id, caller.account, session.identity_id, expires)
    )
