"""Asks an instance's Permissions in a transaction of its own, without the doors before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.calls import Call
from larum.operations import SERVICES
from larum.wire import model
from tests.permissions.iam import NOW

if TYPE_CHECKING:
    import larum
    from larum.context import Caller
    from larum.store.engine import Transaction

MODELS = {name: model.load(name) for name in SERVICES}


def call_of(caller: Caller, name: str, service: str = "security-ir", **params: Any) -> Call:
    """Return a call of the operation as `prepare` makes it."""
    return Call(
        request_id="00000000-0000-4000-8000-000000000000",
        now=NOW,
        caller=caller,
        source_ip="192.0.2.7",
        service=service,
        operation=MODELS[service].operations[name],
        entry=SERVICES[service][name],
        params=params,
        cursor=None,
        token=None,
        origin="",
        secure=False,
        user_agent="curl/8",
    )


def ask(service: larum.Service, call: Call) -> None:
    """Return if the call is allowed; raises the refusal that it would be answered with."""
    resource = call.entry.resource(call.caller, call.params)

    def work(tx: Transaction) -> None:
        service._permissions.authorize(call, resource, tx)

    (service.engine.write if call.writes else service.engine.read)(work)
