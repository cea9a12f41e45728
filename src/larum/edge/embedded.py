"""The service inside the caller's process: stock boto3 clients, and no socket.

botocore signs a request as always and then asks its `before-send` handlers whether one of them has
the answer: ours hands the signed request to `Service.handle`. Everything else of the client stays
botocore's own: errors, paginators, retries.
"""

from __future__ import annotations

import io
import re
import threading
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, overload
from urllib.parse import urlsplit

import botocore.client
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.loaders import Loader

from larum.domain.regions import REGIONS
from larum.edge import api_client
from larum.operations import SERVICES
from larum.service import Service
from larum.settings import ROOT_ACCOUNT, Settings
from larum.wire.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from os import PathLike

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.client import BaseClient
    from mypy_boto3_security_ir import SecurityIncidentResponseClient

ACCOUNT: Final = re.compile("[0-9]{12}")
HANDLER_ID: Final = "larum"


class ServiceClosed(RuntimeError):  # noqa: N818 - the state, as in apsw's ConnectionClosed
    """A client was used after the service behind it was closed."""


class EmbeddedService(Service):
    """A service in this process that gives boto3 clients of itself; a context manager."""

    def __init__(
        self,
        data: str | PathLike[str] | None = None,
        settings: Settings | None = None,
        **parts: Any,
    ) -> None:
        """Open the data directory `data`, or a private store in memory for None.

        `parts` are those of `Service`: clock, random, vfs. Raises what `Service` raises.
        """
        super().__init__(None if data is None else Path(data), settings, **parts)
        self.closed = False
        self._session = api_client.session()
        self._session_lock = threading.Lock()

    def __enter__(self) -> Self:
        """Return the service itself."""
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
        name: Literal["larum"],
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
        """Return a boto3 client of `security-ir`, or of `larum`: our own second model.

        It acts as the root of `account` in `region`; of `larum`, only the administrator account's
        root may do anything.
        An account never seen before becomes a standalone one. `arguments` are passed to boto3, for
        instance `config`.
        """
        if name not in SERVICES:
            message = f"{name} is not a service of this release; there is {', '.join(SERVICES)}."
            raise ValueError(message)
        if not ACCOUNT.fullmatch(account):
            raise ValueError("account must be twelve digits.")
        key = self.installation.root_access_key(account, self._clock())
        # boto3 sessions are not thread-safe: https://docs.aws.amazon.com/boto3/latest/guide/session.html
        with self._session_lock:
            made: BaseClient = self._session.client(
                name,  # type: ignore[call-overload] # one name of many, checked above
                region_name=region,
                aws_access_key_id=key.access_key_id,
                aws_secret_access_key=key.secret_access_key,
                **arguments,
            )
        self.attach(made)
        return made

    def attach(self, client: BaseClient) -> None:
        """Make a boto3 client of one of our services talk to this instance, and to no other."""
        # botocore asks every handler, so a second instance would perform the request again.
        client.meta.events.unregister("before-send", unique_id=HANDLER_ID)
        client.meta.events.register_first(
            "before-send",
            self._answer,  # type: ignore[arg-type]  # the stubs forget that a handler may answer
            unique_id=HANDLER_ID,
        )

    def close(self) -> None:
        """Release the data directory; clients of this service stop working."""
        if not self.closed:
            self.closed = True
            super().close()

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        if self.closed:
            message = "The Larum service behind this client is closed."
            raise ServiceClosed(message)
        return _as_botocore(request.url, self.handle(_from_botocore(request)))


_shared: dict[Path, tuple[EmbeddedService, int]] = {}
_shared_lock = threading.Lock()


def client(
    data: str | PathLike[str] | None = None,
    *,
    account: str = ROOT_ACCOUNT,
    region: str = "us-east-1",
    **arguments: Any,
) -> SecurityIncidentResponseClient:
    """Return a stock boto3 client of `security-ir` that needs no server.

    Without `data` each call has a private service in memory; with it, everything is kept in that
    directory, and clients of one directory share one service. `client.close()` or the end of the
    process releases it. Every Region is served; `arguments` are passed to boto3.
    """
    service, release = _service_for(data)
    try:
        made: SecurityIncidentResponseClient = service.client(
            "security-ir", account=account, region=region, **arguments
        )
    except BaseException:
        release()
        raise
    closing = weakref.finalize(made, release)
    close_connections = made.close

    def close() -> None:
        close_connections()
        closing()

    made.close = close  # type: ignore[method-assign] # closing the client is what frees the directory
    return made


@contextmanager
def embedded(service: EmbeddedService | None = None) -> Iterator[EmbeddedService]:
    """Route every boto3 client of our services that is made inside to `service`.

    Without a service there is a fresh one in memory that takes any access key (`--auth relaxed`),
    since such code brings its own; it is closed at the end.
    """
    own = service is None
    target = service or EmbeddedService(settings=Settings(auth="relaxed"))
    creator = botocore.client.ClientCreator
    create_client = creator.create_client

    def create_and_attach(
        self: botocore.client.ClientCreator, service_name: str, *args: Any, **kwargs: Any
    ) -> BaseClient:
        if service_name == "larum":
            # A creator makes one client: the caller's session keeps a loader of its own.
            self._loader = Loader([api_client.MODELS])  # type: ignore[attr-defined]  # it has one
        made = create_client(self, service_name, *args, **kwargs)
        if service_name in SERVICES:
            target.attach(made)
        return made

    creator.create_client = create_and_attach  # type: ignore[method-assign] # undone below
    try:
        yield target
    finally:
        creator.create_client = create_client  # type: ignore[method-assign] # as it was
        if own:
            target.close()


def _service_for(
    data: str | PathLike[str] | None,
) -> tuple[EmbeddedService, Callable[[], None]]:
    # Whoever asks for a Region here means to have the service in it.
    settings = Settings(region=tuple(sorted(REGIONS)))
    if data is None:
        service = EmbeddedService(settings=settings)
        return service, service.close
    path = Path(data).resolve()
    with _shared_lock:
        shared = _shared.get(path)
        service, users = shared or (EmbeddedService(path, settings), 0)
        _shared[path] = (service, users + 1)
    return service, lambda: _release(path)


def _release(path: Path) -> None:
    with _shared_lock:
        service, users = _shared.pop(path)
        if users > 1:
            _shared[path] = (service, users - 1)
            return
        service.close()


class _Body(io.BytesIO):
    """An answer's body as botocore reads it: through urllib3's `stream`."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


def _from_botocore(request: AWSPreparedRequest) -> HttpRequest:
    url = urlsplit(request.url)
    headers = [(name.lower(), _text(value)) for name, value in request.headers.items()]
    if all(name != "host" for name, _ in headers):
        headers.append(("host", url.netloc))
    body: Any = request.body or b""
    return HttpRequest(
        method=request.method,
        raw_path=url.path or "/",
        raw_query=url.query,
        headers=tuple(headers),
        body=body.encode() if isinstance(body, str) else bytes(body),
        secure=url.scheme == "https",
    )


def _as_botocore(url: str, response: HttpResponse) -> AWSResponse:
    return AWSResponse(
        url, response.status, HTTPHeaders.from_dict(dict(response.headers)), _Body(response.body)
    )


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
