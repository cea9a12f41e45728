"""Calls of the directory's operations on a service in this process, as the administrator."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from larum.access.policy.managed import MANAGED
from larum.context import Caller, Context
from larum.domain.principals import Principal
from larum.operations import directory, directory_changes
from larum.operations.sweep import Sweep, terminate_long_cancelled
from larum.policy_texts import read_policy
from larum.role_sessions import RoleSessions
from larum.settings import ROOT_ACCOUNT
from larum.simulations import simulate
from larum.store import accounts, organizations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.edge.embedded import EmbeddedService
    from larum.store.engine import Transaction

Directory = dict[str, Any]


def context_of(
    service: EmbeddedService, tx: Transaction, operation: str = "ApplyDirectory"
) -> Context:
    """Return the surroundings of a call by the administrator account's root."""
    return Context(
        caller=Caller(Principal.root(ROOT_ACCOUNT), "AKIAEXAMPLEEXAMPLE00", "us-east-1"),
        operation=operation,
        request_id="00000000-0000-4000-8000-000000000000",
        source_ip="127.0.0.1",
        now=datetime.now(UTC),
        random=service._random,
        issue_access_key=service.installation.credentials.issue,
        changing_access_key=service.installation.credentials.changing,
        attachment_urls=service.evidence.urls,
        read_policy=read_policy,
        service_policies=MANAGED,
        last_used=lambda _: None,
        sessions=RoleSessions(service._authentication.tokens, service._permissions, None, tx),  # type: ignore[arg-type]  # nobody asks for a session
        mfa_codes=service._mfa_codes,
        simulate=partial(simulate, service._permissions),
        origin="",
        tx=tx,
    )


def apply(
    service: EmbeddedService, wanted: Mapping[str, Any], *, dry_run: bool = False
) -> Directory:
    """Make `wanted` true, a directory in wire names; return what the operation answers."""
    params: Directory = {"directory": wanted, "dryRun": dry_run}
    return service.engine.write(
        lambda tx: directory.apply_directory(context_of(service, tx), params)
    )


def describe(service: EmbeddedService) -> Directory:
    """Return what DescribeDirectory tells."""
    return service.engine.read(lambda tx: directory.describe_directory(context_of(service, tx), {}))


def unit_ids(service: EmbeddedService) -> dict[str, str]:
    """Return the id of every organizational unit by its path."""

    def read(tx: Transaction) -> dict[str, str]:
        holder = accounts.get(tx, ROOT_ACCOUNT)
        assert holder is not None
        assert holder.organization is not None
        return directory_changes.paths(organizations.units(tx, holder.organization))

    return service.engine.read(read)


def sweep(service: EmbeddedService, before: datetime | None = None) -> int:
    """Terminate what was cancelled at `before` or earlier, everything for None."""
    now = datetime.now(UTC)
    return service.engine.write(
        lambda tx: terminate_long_cancelled(Sweep(now, service._random, tx), before or now)
    )


def outbox(service: EmbeddedService) -> list[tuple[str, str, str | None]]:
    """Return (kind, type, recipient) of what waits for delivery, oldest first."""
    query = "SELECT type, notices FROM outbox ORDER BY rowid"
    found: list[tuple[str, str, str | None]] = []
    for event, notices in service.engine.read(lambda tx: tx.rows(query, {})):
        found.append(("event", event, None))
        found += [("notice", kind, recipient) for kind, recipient in json.loads(notices)]
    return found


def organize(
    service: EmbeddedService, inside: Mapping[str, str], **organization: object
) -> Directory:
    """Make the organization's list of accounts true: each by the path of its unit, "" the root.

    `organization` may hold more of its members, such as `delegatedAdministrator`.
    """
    entries = [
        {"id": account, **({"organizationalUnit": unit} if unit else {})}
        for account, unit in inside.items()
    ]
    units = sorted({unit for unit in inside.values() if unit})
    wanted = {"organizationalUnits": units, **organization, "accounts": entries}
    return apply(service, {"organization": wanted})
