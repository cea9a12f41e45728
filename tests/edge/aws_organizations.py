"""An organization in AWS as moto's server has it, behind a door that can fail or look away."""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
from moto.moto_api._internal.models import moto_api_backend
from moto.organizations.models import FakeDelegatedAdministrator
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

SERVICE = "security-ir.amazonaws.com"
REFUSED = b'{"__type": "AccessDeniedException", "Message": "You are not authorized."}'


class AwsOrganizations:
    """The organization through boto3, and the door at `url` that a sync reads it by.

    `before` is called with the operation of each request that comes by the door; what it answers
    True to is refused. `access_key_ids` are those that signed these requests.
    """

    def __init__(self, client: Any, url: str) -> None:  # noqa: ANN401 - boto3's
        self.client = client
        self.url = url
        self.before: Callable[[str], bool] = lambda _operation: False
        self.access_key_ids: set[str] = set()
        (root,) = client.list_roots()["Roots"]
        self.root: str = root["Id"]

    def unit(self, name: str, parent: str | None = None) -> str:
        """Return the id of a new unit."""
        made = self.client.create_organizational_unit(ParentId=parent or self.root, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    def account(self, name: str, parent: str | None = None) -> str:
        """Return the id of a new account."""
        address = f"{name.lower()}@example.com"
        made = self.client.create_account(AccountName=name, Email=address)
        account: str = made["CreateAccountStatus"]["AccountId"]
        if parent is not None:
            self.move(account, self.root, parent)
        return account

    def move(self, account: str, source: str, destination: str) -> None:
        """Move an account."""
        self.client.move_account(
            AccountId=account, SourceParentId=source, DestinationParentId=destination
        )

    def register(self, account: str) -> None:
        """Register the delegated administrator."""
        self.client.register_delegated_administrator(AccountId=account, ServicePrincipal=SERVICE)


@contextmanager
def aws_organizations(patch: pytest.MonkeyPatch) -> Iterator[AwsOrganizations]:
    """Give an organization with nothing but its management account, 123456789012."""
    services = [*FakeDelegatedAdministrator.SUPPORTED_SERVICES, SERVICE]
    patch.setattr(FakeDelegatedAdministrator, "SUPPORTED_SERVICES", services)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "example")
    moto_api_backend.reset()
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    client = boto3.session.Session().client(
        "organizations", region_name="us-east-1", endpoint_url=f"http://{host}:{port}"
    )
    try:
        client.create_organization(FeatureSet="ALL")
        with _door(host, port) as (url, found):
            organization = AwsOrganizations(client, url)
            found.append(organization)
            yield organization
    finally:
        client.close()
        moto.stop()


@contextmanager
def _door(host: str, port: int) -> Iterator[tuple[str, list[AwsOrganizations]]]:
    found: list[AwsOrganizations] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            operation = self.headers["x-amz-target"].rpartition(".")[2]
            credential = self.headers["authorization"].partition("Credential=")[2]
            found[0].access_key_ids.add(credential.partition("/")[0])
            if found[0].before(operation):
                status, answer = 400, REFUSED
            else:
                inner = http.client.HTTPConnection(host, port)
                inner.request("POST", self.path, body, dict(self.headers))
                response = inner.getresponse()
                status, answer = response.status, response.read()
                inner.close()
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", found
        finally:
            server.shutdown()
            thread.join()
