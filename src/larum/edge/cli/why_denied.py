"""The command that explains a refusal to whoever administers the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from larum.edge.cli.calls import connected, print_json, reaching
from larum.edge.cli.printing import plain, print_facts, when

if TYPE_CHECKING:
    from larum.edge.cli.calls import Where


@click.command("why-denied", short_help="Explain why a request was refused.")
@click.argument("request_id")
@click.option("--account", help="The account that asked, if it is not your own.")
@reaching
def why_denied(where: Where, output: str, request_id: str, account: str | None) -> None:
    """Explain why the request REQUEST_ID was denied, or not authenticated.

    The id is in the answer: `RequestId` in what boto3 and the AWS CLI tell of an error, the header
    x-amzn-requestid in HTTP.
    """
    given = {"requestId": request_id} | ({} if account is None else {"accountId": account})
    with connected(where) as connection:
        told = plain(connection.client.get_denial(**given))
    if output == "json":
        print_json(told)
        return
    print_facts(_facts(told))


def _facts(told: dict[str, Any]) -> list[tuple[str, str]]:
    key = told.get("accessKeyId", "an unknown access key")
    who = told.get("principalArn", "not authenticated")
    return [
        ("When", when(told["deniedAt"])),
        ("Who", f"{who}, with {key}, from {told['sourceIpAddress'] or 'an unknown address'}"),
        ("What", told["action"]),
        *(("Resource", each) for each in told["resources"]),
        ("Told", f"{told['errorCode']}: {told['errorMessage']}"),
        ("Why", told["reason"]),
        ("Record", f"{told['sequence']} of account {told['accountId']}"),
    ]
