"""A `larum serve` process that is killed and started again on the same directory and port.

Its boto3 clients live through that. A template of the directory is made once: keys, accounts and
limits are there at the first start.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Self

from botocore.config import Config

from tests.conformance.larum_clients import larum_client
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer, issue_root_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from larum.domain.principals import AccessKey
    from tests.conformance.service_model import Caller

SECOND_REGION = "eu-west-1"
MEMBER = "222222222222"
STANDALONE = ("900000000001", "900000000002")
# A thread each for every client of a load.
ONE_ATTEMPT_OF_MANY = Config(retries={"total_max_attempts": 1}, max_pool_connections=20)
ARGUMENTS = ("--throttle", "off", "--region", f"us-east-1,{SECOND_REGION}")


class Template:
    """A data directory with an organization of two, standalone accounts and limits."""

    def __init__(
        self, data: Path, limits: Mapping[str, int], standalone: Sequence[str] = STANDALONE
    ) -> None:
        self.data = data
        self.keys: dict[str, AccessKey] = issue_root_keys(
            data, [ADMINISTRATOR, MEMBER, *standalone]
        )
        with LarumServer(data, *ARGUMENTS, keys=self.keys) as server:
            client = larum_client(server)
            member = {"id": MEMBER, "name": "shop", "email": "shop@example.com"}
            organization = {"trustedAccess": True, "accounts": [{"id": ADMINISTRATOR}, member]}
            client.apply_directory(directory={"organization": organization, "limits": dict(limits)})
            client.close()


class CrashingServer:
    """One server on a copy of a template; stopped at the end of a `with`."""

    def __init__(
        self,
        template: Template,
        data: Path,
        program: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        shutil.copytree(template.data, data)
        self._program, self._environment = program, environment
        self._data, self._keys, self._port = data, template.keys, "0"
        self._clients: dict[tuple[Caller, str], Any] = {}
        self.server = self._start()

    def __enter__(self) -> Self:
        """Be used in a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def client(self, caller: Caller, service: str) -> Any:  # noqa: ANN401 - made by botocore
        """Return a client that tries once."""
        key = (caller, service)
        if key not in self._clients:
            make = larum_client if service == "larum" else _security_ir
            self._clients[key] = make(
                self.server, caller.account, caller.region, config=ONE_ATTEMPT_OF_MANY
            )
        return self._clients[key]

    def kill(self) -> None:
        """Kill -9."""
        self.server.process.kill()

    def restart(self) -> None:
        """Start again after a kill; return when it listens."""
        self.server.process.wait()
        self.server.stop()
        self.server = self._start()

    def stop(self) -> None:
        """End everything."""
        for client in self._clients.values():
            client.close()
        self.server.stop()

    def _start(self) -> LarumServer:
        server = LarumServer(
            self._data,
            *ARGUMENTS,
            "--port",
            self._port,
            keys=self._keys,
            program=self._program,
            environment=self._environment,
        )
        started = server.__enter__()
        self._port = str(started.port)
        return started


def _security_ir(
    server: LarumServer, account: str, region: str, **arguments: Any
) -> SecurityIncidentResponseClient:
    return server.client(account=account, region=region, **arguments)
