"""One service of a test's own making, reached by boto3 over HTTP or in process."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from larum.edge import api_client
from tests.edge.larum_servers import ADMINISTRATOR, ONE_ATTEMPT, boto3_client, in_thread

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    import larum


class Door:
    """A service, and boto3 clients that reach it over HTTP or in process."""

    def __init__(self, service: larum.Service, *, over_http: bool) -> None:
        self.service = service
        self._stack = ExitStack()
        self._stack.callback(service.close)
        self._url = self._stack.enter_context(in_thread(service)) if over_http else None

    @property
    def url(self) -> str:
        """Where the service is reached over HTTP."""
        assert self._url is not None
        return self._url

    def close(self) -> None:
        """Close the clients, the server and the service."""
        self._stack.close()

    def client(
        self,
        account: str = ADMINISTRATOR,
        region: str = "us-east-1",
        config: Config = ONE_ATTEMPT,
    ) -> SecurityIncidentResponseClient:
        """Return a client that is the root of the account."""
        if self._url is None:
            made = self.service.client(account=account, region=region, config=config)
        else:
            key = self.service.installation.root_access_key(account, datetime.now(UTC))
            made = boto3_client(self._url, key, region=region, config=config)
        self._stack.callback(made.close)
        return made

    def apply(self, **directory: Any) -> None:
        """Make a directory true, as the administrator does through the `larum` model."""
        self.administrator().apply_directory(directory=directory)

    def administrator(self) -> Any:  # noqa: ANN401 - botocore makes its methods from the model
        """Return a client of `larum` as the administrator account's root."""
        made = self._larum_client()
        self._stack.callback(made.close)
        return made

    def _larum_client(self) -> Any:  # noqa: ANN401 - as above
        if self._url is None:
            return self.service.client("larum")
        key = self.service.installation.root_access_key(ADMINISTRATOR, datetime.now(UTC))
        return api_client.isolated_client(
            "larum",
            endpoint_url=self._url,
            region_name="us-east-1",
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
        )
