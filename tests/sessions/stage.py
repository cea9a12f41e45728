"""Two accounts, users and roles in a service behind either door, and a clock that both read."""

from __future__ import annotations

import json
from base64 import b32decode
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from botocore.exceptions import ClientError

from larum.access import totp
from larum.domain.principals import Principal
from larum.domain.roles import Role
from larum.edge import api_client
from larum.store import iam_versions, policies, roles
from tests.edge.larum_servers import UNCHECKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import larum
    from larum.store.engine import Transaction

# botocore makes its methods from the model, so no type knows them.
Client: TypeAlias = Any
HOME, AWAY = "111111111111", "222222222222"


def document(*statements: dict[str, Any]) -> str:
    """Return a policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    """Return a statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    """Return a statement that denies."""
    return allow(action, resource, **more) | {"Effect": "Deny"}


def trust(
    *principals: str, condition: Mapping[str, Any] | None = None, effect: str = "Allow"
) -> dict[str, Any]:
    """Return a statement of a trust policy for these principals."""
    statement = {
        "Effect": effect,
        "Principal": {"AWS": list(principals)},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    return statement | ({"Condition": condition} if condition else {})


def refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    """Return code and message of the refusal of a call."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@dataclass
class Clock:
    """The time that the service reads and that botocore signs with."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass
class Stage:
    """A service, its clock, and clients through the door `url` (None: in process)."""

    service: larum.Service
    clock: Clock
    url: str | None
    clients: list[Any] = field(default_factory=list)

    def client(self, name: str, keys: Mapping[str, Any], region: str = "us-east-1") -> Client:
        """Return a boto3 client that signs with keys as CreateAccessKey or sts answered them."""
        given = {key[0].upper() + key[1:]: value for key, value in keys.items()}
        made = api_client.isolated_client(
            name,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given.get("SessionToken"),
            config=UNCHECKED,
        )
        if self.url is None:
            self.service.attach(made)
        self.clients.append(made)
        return made

    def root(self, name: str, account: str = HOME) -> Client:
        """Return a client of an account's root."""
        key = self.service.installation.root_access_key(account, self.clock())
        return self.client(
            name,
            {"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key},
        )

    def user(self, name: str, *statements: dict[str, Any], account: str = HOME) -> dict[str, Any]:
        """Add a user that may do what the statements say; return a key of it."""
        administrator = self.root("larum", "123456789012")
        administrator.create_user(accountId=account, userName=name)
        self.put(Principal.user(account, name), *statements)
        made = administrator.create_access_key(accountId=account, userName=name)
        return dict(made["accessKey"])

    def role(
        self,
        name: str,
        trusted: str,
        *statements: dict[str, Any],
        account: str = AWAY,
        role_id: str = "AROAEXAMPLE0123456789",
        longest: int = 3600,
    ) -> str:
        """Add a role with that trust policy; return its ARN."""
        role = Role(account, name, role_id, self.clock(), trusted, max_session_seconds=longest)
        self.change(account, lambda tx: roles.insert(tx, role))
        self.put(role.principal, *statements)
        return role.principal.arn

    def put(self, principal: Principal, *statements: dict[str, Any]) -> None:
        """Put the statements into a principal as its one policy."""
        text = document(*(statements or (deny("larum:Nothing"),)))
        self.change(principal.account, lambda tx: policies.put_inline(tx, principal, "only", text))

    def change(self, account: str, work: Callable[[Transaction], object]) -> None:
        """Change what decides in an account."""

        def whole(tx: Transaction) -> None:
            work(tx)
            iam_versions.grow(tx, account)

        self.service.engine.write(whole)

    def records(self, account: str) -> list[dict[str, Any]]:
        """Return the audit records of an account's chain."""
        found = self.service.engine.read(
            lambda tx: tx.rows(
                "SELECT record FROM audit_records WHERE account = :account ORDER BY sequence",
                {"account": account},
            )
        )
        return [json.loads(text) for (text,) in found]

    def device(self, user: str, name: str = "phone") -> tuple[str, bytes]:
        """Enable an MFA device for a user; return its serial number and seed."""
        administrator = self.root("larum", "123456789012")
        made = administrator.create_virtual_mfa_device(accountId=HOME, virtualMFADeviceName=name)[
            "virtualMFADevice"
        ]
        seed = b32decode(made["base32StringSeed"])
        administrator.enable_mfa_device(
            accountId=HOME,
            userName=user,
            serialNumber=made["serialNumber"],
            authenticationCode1=self.code(seed, -1),
            authenticationCode2=self.code(seed),
        )
        return made["serialNumber"], seed

    def code(self, seed: bytes, steps: int = 0) -> str:
        """Return the code that a device shows now, or some steps of time away."""
        return totp.code(seed, int(self.clock().timestamp()) // totp.STEP_SECONDS + steps)


@contextmanager
def opened(service: larum.Service, clock: Clock, url: str | None) -> Iterator[Stage]:
    """Give a stage whose accounts exist; its clients are closed at the end."""
    stage = Stage(service, clock, url)
    for account in (HOME, AWAY):
        service.installation.root_access_key(account, clock())
    try:
        yield stage
    finally:
        for each in stage.clients:
            each.close()
