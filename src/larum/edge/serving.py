"""`larum serve` from settings to exit code: what is opened, what is said, what is printed."""

from __future__ import annotations

import logging
import shlex
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from larum.edge.deadlines import Deadlines
from larum.edge.group_commit import GroupCommit
from larum.edge.server import Listen, bind, run
from larum.service import Service
from larum.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.domain.principals import AccessKey
    from larum.settings import Settings

log = logging.getLogger("larum")

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def serve(settings: Settings, announce: Callable[[Service, str], None] | None = None) -> int:
    """Open the data directory, serve until a signal, and return the exit code.

    `announce` is told the service and its URL once it listens, instead of the lines to paste being
    printed. Raises CannotListen, what `Service` raises, and OSError for a file that cannot be used.
    """
    address = listen(settings)
    # A port that is taken must not use up the first start, which shows the key only once.
    with bind(address) as bound, closing(Service(settings.data, settings)) as service:
        _say_what_matters(service)
        return run(
            service,
            address,
            bound=bound,
            open_writes=GroupCommit,
            on_ready=lambda url: (announce or print_announcement)(service, url),
        )


def listen(settings: Settings) -> Listen:
    """Return where and how to listen by `settings`."""
    return Listen(
        host=settings.host,
        port=settings.port,
        tls_cert=settings.tls_cert,
        tls_key=settings.tls_key,
        trusted_proxies=settings.trusted_proxy,
        allowed_hosts=allowed_hosts(settings),
        connections_per_source=settings.connections_per_source,
        deadlines=Deadlines(
            header=settings.header_deadline,
            body=settings.body_deadline,
            idle=settings.idle_deadline,
        ),
    )


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Return the Host names that are answered for; empty means all.

    On loopback a page in a browser could reach the server under a name of its own, so only
    loopback's names are allowed unless others are given.
    """
    named = {each.lower() for each in settings.allowed_host}
    if settings.public_url:
        named.add(_host_of(settings.public_url))
    if is_loopback(settings.host):
        named |= LOOPBACK_NAMES | {_bracketed(settings.host)}
    return frozenset(named)


def _host_of(url: str) -> str:
    """Return what Host a client of `url` sends; without a port, any port is allowed."""
    parts = urlsplit(url)
    host = _bracketed(parts.hostname or "")
    # A client leaves out the port that its scheme implies, or does not: RFC 9110 §7.2.
    if parts.port in {None, DEFAULT_PORTS[parts.scheme]}:
        return host
    return f"{host}:{parts.port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def export_lines(
    key: AccessKey | None, url: str | None = None, region: str | None = None
) -> list[str]:
    """Return the lines that make a shell's AWS clients talk to this server."""
    exported = {}
    if key is not None:
        exported["AWS_ACCESS_KEY_ID"] = key.access_key_id
        exported["AWS_SECRET_ACCESS_KEY"] = key.secret_access_key
    if region is not None:
        exported["AWS_DEFAULT_REGION"] = region
    if url is not None:
        exported["AWS_ENDPOINT_URL_SECURITY_IR"] = url
    return [f"export {name}={shlex.quote(value)}" for name, value in exported.items()]


def print_announcement(service: Service, url: str) -> None:
    """Print the lines to paste into another shell, and last `listening on URL`."""
    settings, installation = service.settings, service.installation
    key = installation.shown_key
    lines = export_lines(key, settings.public_url or url, settings.region[0])
    directory = installation.directory
    if key is None and directory is not None and settings.auth == "sigv4":
        path = shlex.quote(str(directory.credentials.resolve()))
        lines.insert(0, f"export AWS_SHARED_CREDENTIALS_FILE={path}")
    sys.stdout.write("\n".join([*lines, f"listening on {url}"]) + "\n")
    sys.stdout.flush()


def _say_what_matters(service: Service) -> None:
    settings, installation = service.settings, service.installation
    directory = installation.directory
    if settings.auth == "relaxed":
        log.warning(
            "AUTHENTICATION IS OFF (--auth relaxed): any access key is accepted, "
            "and a 12-digit one is the root of that account. Never use it for real cases."
        )
    if installation.first_start and directory is not None:
        log.info(
            "First start: account %s, data in %s. Back up larum.db, blobs/ and master.key while "
            "the server is stopped, or in one atomic snapshot of the disk; without master.key the "
            "secrets in larum.db are lost. "
            "The root access key is in %s; if it is lost, stop the server and run: "
            "larum replace-root-key --data %s",
            installation.administrator_account,
            directory.path,
            directory.credentials,
            directory.path,
        )
    if not installation.knows_root_of(settings):
        log.warning(
            "LARUM_ROOT_ACCOUNT and LARUM_ROOT_ACCESS_KEY_ID are taken at the first start only, "
            "and this data has another root account or key: %s and the key in its credentials file "
            "stay in force. To change the key, stop the server and run: larum replace-root-key",
            installation.administrator_account,
        )
