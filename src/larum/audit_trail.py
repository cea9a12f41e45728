"""What the audit keeps of calls: a record of each change, and one of each call that was denied.

A change is recorded in the chain of the account that owns what was changed. A denial is recorded in
the chain of the account that asked, whosever resource it asked for: a stranger writes into nobody's
chain, and learns nothing by what is in their own (reliability-and-security §9.3, G21). It is
durable before it is answered; where it cannot be written, the answer is the store's failure, which
grants no more than the denial would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from larum.access.policy.evaluate import Decision
from larum.calls import Chore
from larum.errors import AccessDeniedException
from larum.operations import audit_records
from larum.store import audit
from larum.wire import masks, outputs

if TYPE_CHECKING:
    from larum.calls import Call
    from larum.context import Context
    from larum.errors import ServiceError
    from larum.operations.case_edits import Edited
    from larum.store.engine import Transaction
    from larum.wire.http import HttpResponse


def changed(
    context: Context, call: Call, resource: str, outcome: Edited, *, replayed: bool
) -> None:
    """Record a call that changed `resource` (an ARN, or `*`), or repeated such a call."""
    edit = outcome.edit
    record = audit_records.audit_record(
        context,
        call.service,
        masks.masked(call.operation, call.params),
        resource,
        outputs.without_sensitive(call.operation, outcome.output),
        edit,
        replayed=replayed,
    )
    case_arn = None if edit is None else edit.case_arn
    # Who lends a role and who borrows it both have the record, as in CloudTrail.
    borrower = (call.caller.account,) if call.entry.by_trust else ()
    for account in dict.fromkeys((audit_records.owner(resource, call.caller.account), *borrower)):
        audit.append(context.tx, account, record, case_arn)


def denied(call: Call, error: ServiceError, answer: HttpResponse) -> Chore:
    """Return what records that `call` was denied with `error`, and then gives `answer`."""

    def perform(tx: Transaction) -> HttpResponse:
        event = audit_records.event(
            call.service,
            call.operation.name,
            region=call.caller.region,
            source_ip=call.source_ip,
            request_id=call.request_id,
            now=call.now,
            identity=audit_records.user_identity(call.caller),
            read_only=not call.writes,
        )
        parameters = masks.masked(call.operation, call.params)
        resource = call.entry.resource(call.caller, call.params)
        record = event | audit_records.refusal(error, parameters, [resource]) | _decision(error)
        audit.append(tx, call.caller.account, record, denied_request=call.request_id)
        return answer

    return Chore(call.request_id, perform, call.protocol)


def _decision(error: ServiceError) -> dict[str, Any]:
    """Return what decided, as the record tells it; nothing where an operation refused by itself."""
    found = error.decision if isinstance(error, AccessDeniedException) else None
    if not isinstance(found, Decision):
        return {}
    told = {
        "outcome": found.outcome,
        "layer": found.layer,
        "policy": found.policy,
        "statement": found.statement,
    }
    return {
        "additionalEventData": {"decision": {name: each for name, each in told.items() if each}}
    }
