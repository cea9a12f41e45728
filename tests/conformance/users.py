"""Users of an account with keys, and boto3 clients that sign as them, through either door."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import larum
from larum.edge import api_client
from tests.edge.larum_servers import LarumServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conformance.instances import Instance
    from tests.conformance.larum_clients import LarumClient


def user_key(administrator: LarumClient, account: str, name: str = "eve") -> dict[str, Any]:
    """Return a new key of a new user, who may do nothing."""
    administrator.create_user(accountId=account, userName=name)
    made: dict[str, Any] = administrator.create_access_key(accountId=account, userName=name)
    key: dict[str, Any] = made["accessKey"]
    return key


@contextmanager
def user_client(
    instance: Instance, key: Mapping[str, Any], service: str = "security-ir"
) -> Iterator[Any]:
    """Give a boto3 client of `service` that signs with a key as CreateAccessKey answered it."""
    url = instance.url if isinstance(instance, LarumServer) else None
    client: Any = api_client.isolated_client(
        service,
        region_name="us-east-1",
        aws_access_key_id=key["accessKeyId"],
        aws_secret_access_key=key["secretAccessKey"],
        endpoint_url=url,
    )
    if isinstance(instance, larum.Service):
        instance.attach(client)
    yield client
    client.close()
