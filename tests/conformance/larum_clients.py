"""boto3 clients of the second model, `larum`, through either door, and accounts to declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import larum
from larum.edge import api_client
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer

if TYPE_CHECKING:
    from tests.conformance.instances import Instance

# botocore makes its methods from the model, so no type knows them.
LarumClient: TypeAlias = Any

_SESSION = api_client.session()


def larum_client(
    instance: Instance, account: str = ADMINISTRATOR, region: str = "us-east-1", **arguments: Any
) -> LarumClient:
    """Return a boto3 client of `larum` as the root of `account`; whoever asks for it closes it."""
    if isinstance(instance, larum.Service):
        return instance.client("larum", account=account, region=region, **arguments)
    assert isinstance(instance, LarumServer)
    key = instance.keys[account]
    return _SESSION.client(
        "larum",  # type: ignore[call-overload]  # our own model, which the stubs do not know
        endpoint_url=instance.url,
        region_name=region,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        **arguments,
    )


def member(number: int, **more: Any) -> dict[str, Any]:
    """Return the account of that number as ApplyDirectory takes it."""
    return {"id": f"3{number:011d}", **more}


def members(count: int, units: int = 10) -> dict[str, Any]:
    """Return a directory with that many accounts, spread over units, everything given."""
    return {
        "organization": {
            "organizationalUnits": [f"unit{number}/team" for number in range(units)],
            "accounts": [
                member(
                    number,
                    name=f"Account {number}",
                    email=f"account{number}@example.com",
                    organizationalUnit=f"unit{number % units}/team",
                    status="ACTIVE",
                    serviceOn=True,
                )
                for number in range(count)
            ],
        }
    }


def actions(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what an answer of ApplyDirectory says was done, and to what."""
    return [(each["action"], each["resource"]) for each in answer["changes"]]
