"""The service inside the caller's process: stock boto3 clients, and no socket.

botocore signs a request as always and then asks its `before-send` handlers whether one of them has
the answer: ours hands the signed request to `Service.handle`. Everything else of the client stays
botocore's own: errors, paginators, retries.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, overload

import botocore.client
from botocore.loaders import Loader

from larum.access import session_tokens, sigv4
from larum.clock import utc_now
from larum.domain.regions import REGIONS
from larum.edge import api_client
from larum.edge.botocore_messages import as_botocore, from_botocore
from larum.edge.shared_service import SharedService
from larum.operations import SERVICES
from larum.service import Service
from larum.settings import ROOT_ACCOUNT, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from os import PathLike

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.client import BaseClient
    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from larum.edge.server import HttpServer
    from larum.wire.http import HttpRequest, HttpResponse

ACCOUNT: Final = re.compile("[0-9]{12}")
HANDLER_ID: Final = "larum"
# Whoever asks for a Region here means to have the service in it.
LISTENER_HOSTS: Final = frozenset({"127.0.0.1"})
EVERYWHERE: Final = tuple(sorted(REGIONS))


class ServiceClosed(RuntimeError):  # noqa: N818 - the state, as in apsw's ConnectionClosed
    """A service was used after it was closed, by itself or through one of its clients."""


class EmbeddedService(Service):
    """A service in this process that gives boto3 clients of itself; a context manager."""

    def __init__(
        self,
        data: str | PathLike[str] | None = None,
        settings: Settings | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
        steady: Callable[[], float] | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
        vfs: str | None = None,
    ) -> None:
        """Open the data directory `data`, or a private store in memory for None.

        The other arguments are those of `Service`, which tells what is raised; ValueError for an
        empty `data`.
        """
        if data is not None and not os.fspath(data):
            raise ValueError("data must name a directory; leave it out for a store in memory.")
        path = None if data is None else Path(data)
        self._listening = threading.Lock()
        self._listener: HttpServer | None = None
        super().__init__(path, settings, clock=clock, steady=steady, random=random, vfs=vfs)
        self.closed = False
        if path is not None and self.evidence.has_work:
            self.data_origin()

    def __enter__(self) -> Self:
        """Return the service itself."""
        self._check_open()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the service."""
        self.close()

    @overload
    def client(
        self,
        name: Literal["security-ir"] = "security-ir",
        *,
        account: str = ROOT_ACCOUNT,
        region: str = "us-east-1",
        **arguments: Any,
    ) -> SecurityIncidentResponseClient: ...

    @overload
    def client(
        self,
        name: Literal["larum", "sts"],
        *,
        account: str = ROOT_ACCOUNT,
        region: str = "us-east-1",
        **arguments: Any,
    ) -> Any: ...  # noqa: ANN401 - botocore makes its methods from the model

    def client(
        self,
        name: str = "security-ir",
        *,
        account: str = ROOT_ACCOUNT,
        region: str = "us-east-1",
        **arguments: Any,
    ) -> Any:
        """Return a boto3 client of `security-ir`, of `larum`, our own second model, or of `sts`.

        It acts as the root of `account` in `region`; of `larum`, only the administrator account's
        root may do anything.
        An account never seen before becomes a standalone one. `arguments` are passed to boto3, for
        instance `config`; nothing of the user's AWS configuration is. Raises ValueError for a
        service, account or Region that there is not, and ServiceClosed.
        """
        self._check_open()
        if name not in SERVICES:
            message = f"{name} is not a service of this release; there is {', '.join(SERVICES)}."
            raise ValueError(message)
        if not ACCOUNT.fullmatch(account):
            raise ValueError("account must be twelve digits.")
        if region not in REGIONS:
            raise ValueError(f"region must be one of {', '.join(EVERYWHERE)}.")
        access_key_id, secret_access_key = self._root_key(account)
        made: BaseClient = api_client.isolated_client(
            name,
            region_name=region,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            **arguments,
        )
        self.attach(made)
        return made

    def attach(self, client: BaseClient, *, own_keys_only: bool = False) -> None:
        """Make a boto3 client of one of our services talk to this instance, and to no other.

        With `own_keys_only`, what it signs with a key that was not made here goes its usual way.
        """
        # botocore asks every handler, so a second instance would perform the request again.
        client.meta.events.unregister("before-send", unique_id=HANDLER_ID)
        client.meta.events.register_first(
            "before-send",
            self._answer_own if own_keys_only else self._answer,  # type: ignore[arg-type]  # the stubs forget that a handler may answer
            unique_id=HANDLER_ID,
        )

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request as `Service` does; raises ServiceClosed."""
        self._check_open()
        return super().handle(request)

    def close(self) -> None:
        """Release the data directory; clients of this service stop working."""
        if not self.closed:
            self.closed = True
            self._stop_listening()
            super().close()

    def data_origin(self) -> str:
        """Return where the bytes of attachments come and go: a loopback listener, open from now on.

        It answers their signed URLs and nothing else.
        """
        # Imported late: who has no evidence needs no server.
        from larum.edge.server import HttpServer, Listen

        with self._listening:
            self._check_open()
            if self._listener is None:
                listener = HttpServer(self, Listen(api=False, allowed_hosts=LISTENER_HOSTS))
                listener.start()
                self._listener = listener
            return self._listener.url

    def _stop_listening(self) -> None:
        with self._listening:
            listener, self._listener = self._listener, None
        if listener is None:
            return
        if threading.current_thread().name.startswith("larum-"):
            # The garbage collector closes clients in any thread, and none can wait for itself.
            threading.Thread(target=listener.stop, name="end-of-larum", daemon=True).start()
        else:
            listener.stop()

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        return as_botocore(request.url, self.handle(from_botocore(request)))

    def _answer_own(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        message = from_botocore(request)
        access_key_id = sigv4.claimed_access_key_id(message)
        is_session = access_key_id.startswith(session_tokens.PREFIX)
        if is_session or self.installation.credentials.find(access_key_id) is not None:
            return as_botocore(request.url, self.handle(message))
        return None

    def _root_key(self, account: str) -> tuple[str, str]:
        if self.settings.auth == "relaxed":
            # There an id says by itself whose it is, and a real one would be the administrator's.
            return account, "not checked"
        key = self.installation.root_access_key(account, self._clock())
        return key.access_key_id, key.secret_access_key

    def _check_open(self) -> None:
        if self.closed:
            message = "This Larum service is closed. Make another one, and clients of that one."
            raise ServiceClosed(message)


def client(
    data: str | PathLike[str] | None = None,
    *,
    account: str = ROOT_ACCOUNT,
    region: str = "us-east-1",
    **arguments: Any,
) -> SecurityIncidentResponseClient:
    """Return a stock boto3 client of `security-ir` that needs no server.

    Without `data` each call has a private service in memory; with it, everything is kept in that
    directory, and clients of one directory share one service. `client.close()`, the end of the
    last reference to it or the end of the process releases it. Every Region is served; `arguments`
    are passed to boto3. Raises ValueError for an account or a Region that there is not.
    """
    if isinstance(data, str) and data in SERVICES:
        message = (
            f"larum.client() makes a security-ir client by itself: leave {data!r} out. Its first "
            f"argument is a data directory; one of that name is './{data}'."
        )
        raise ValueError(message)
    service, release = _service_for(data)
    try:
        made: SecurityIncidentResponseClient = service.client(
            "security-ir", account=account, region=region, **arguments
        )
    except BaseException:
        release()
        raise
    _release_with(made, release)
    return made


def _release_with(made: BaseClient, release: Callable[[], None]) -> None:
    """Call `release` once: when the client is closed, forgotten, or the process ends."""
    closing = weakref.finalize(made, release)
    # Weak, since a client that refers to itself is left to the garbage collector.
    reference = weakref.ref(made)

    def close() -> None:
        client = reference()
        if client is not None:
            type(client).close(client)
        closing()

    made.close = close  # type: ignore[method-assign] # closing the client is what frees the directory


# An entry lives as long as a client of its directory does.
_shared: weakref.WeakValueDictionary[Path, SharedService] = weakref.WeakValueDictionary()
_shared_lock = threading.Lock()


def _service_for(
    data: str | PathLike[str] | None,
) -> tuple[EmbeddedService, Callable[[], None]]:
    if data is None:
        service = EmbeddedService(settings=Settings(region=EVERYWHERE))
        return service, service.close
    if not os.fspath(data):
        raise ValueError("data must name a directory; leave it out for a store in memory.")
    path = Path(data).resolve()
    # No finalizer takes this lock.
    with _shared_lock:
        shared = _shared.get(path)
        if shared is None:
            settings = Settings(region=EVERYWHERE)
            shared = _shared[path] = SharedService(lambda: EmbeddedService(path, settings))
    return shared.enter(), shared.leave


class _Block:
    """One `embedded()` that has begun and has not ended."""

    def __init__(self, target: EmbeddedService) -> None:
        self.target = target


_blocks: list[_Block] = []
_blocks_lock = threading.Lock()
_unpatch: Callable[[], None] | None = None


@contextmanager
def embedded(service: EmbeddedService | None = None) -> Iterator[EmbeddedService]:
    """Route every boto3 client of our services that is made inside to `service`.

    Without a service there is a fresh one in memory, closed at the end, that serves every Region
    and takes any access key (`--auth relaxed`), since such code brings its own. Of blocks within
    blocks the innermost has the clients; blocks may end in any order.
    """
    own = service is None
    target = service or EmbeddedService(settings=Settings(auth="relaxed", region=EVERYWHERE))
    block = _Block(target)
    _begin(block)
    try:
        yield target
    finally:
        _end(block)
        if own:
            target.close()


def _begin(block: _Block) -> None:
    global _unpatch  # noqa: PLW0603 - botocore's function is as global
    with _blocks_lock:
        _blocks.append(block)
        if _unpatch is None:
            _unpatch = _patch()


def _end(block: _Block) -> None:
    global _unpatch  # noqa: PLW0603 - botocore's function is as global
    with _blocks_lock:
        _blocks.remove(block)
        if not _blocks and _unpatch is not None:
            _unpatch()
            _unpatch = None


def _patch() -> Callable[[], None]:
    """Attach each client that botocore makes to the innermost block; return what undoes it."""
    creator = botocore.client.ClientCreator
    create_client = creator.create_client

    def create_and_attach(
        self: botocore.client.ClientCreator, service_name: str, *args: Any, **kwargs: Any
    ) -> BaseClient:
        block = next(iter(_blocks[-1:]), None)
        if block is not None and service_name == "larum":
            # A creator makes one client: the caller's session keeps a loader of its own.
            self._loader = Loader([api_client.MODELS])  # type: ignore[attr-defined]  # it has one
        made = create_client(self, service_name, *args, **kwargs)
        if block is not None and service_name in SERVICES:
            # AWS has that service too, and who tests against it brings keys of its own.
            block.target.attach(made, own_keys_only=service_name == "sts")
        return made

    def unpatch() -> None:
        # Somebody else's patch on top of ours stays, and ours below it does nothing.
        if creator.create_client is create_and_attach:
            creator.create_client = create_client  # type: ignore[method-assign] # as it was

    creator.create_client = create_and_attach  # type: ignore[method-assign] # see unpatch
    return unpatch
