"""Why a request was refused, as an administrator may know it: the wire tells its caller less."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from larum.errors import ResourceNotFoundException
from larum.operations.audit_records import EVENT_SOURCES
from larum.store import audit

if TYPE_CHECKING:
    from larum.context import Context

NO_DENIAL: Final = "There is no record of a denied request with this id in this account."
NOT_AUTHENTICATED: Final = "The request was not authenticated."
GONE: Final = (
    "The access key, its user or its role was gone or disabled when the request was decided."
)
NOT_BY_POLICY: Final = "No policy decided: it is not the caller's to touch, or it is not there."
NOT_REACHED: Final = "The account cannot reach it, whatever its policies say."
# What access/policy calls the layer where no policy is asked.
REACH: Final = "rule of accounts"
_SERVICES: Final = {source: service for service, source in EVENT_SOURCES.items()}
_DECISION: Final = ("layer", "policy", "statement")


def get_denial(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return who was refused what and why, of a request that was denied or not authenticated.

    Raises ResourceNotFoundException where `accountId` refused none of that id: another account's
    is nobody's.
    """
    account, request_id = params.get("accountId", context.account), params["requestId"]
    found = audit.of_denial(context.tx, account, request_id)
    if found is None:
        raise ResourceNotFoundException(NO_DENIAL)
    sequence, text = found
    record = json.loads(text)
    decision = record.get("additionalEventData", {}).get("decision", {})
    who = record["userIdentity"]
    service = _SERVICES[record["eventSource"]]
    output = {
        "accountId": account,
        "requestId": request_id,
        "deniedAt": datetime.fromisoformat(record["eventTime"]),
        "action": f"{service}:{record['eventName']}",
        "errorCode": record["errorCode"],
        "errorMessage": record["errorMessage"],
        "reason": _reason(record, decision),
        "principalArn": who.get("arn"),
        "accessKeyId": who.get("accessKeyId"),
        "sourceIpAddress": record["sourceIPAddress"],
        "resources": record["resources"],
        "sequence": sequence,
        "record": text,
    }
    return output | {name: decision.get(name) for name in _DECISION}


def _reason(record: dict[str, Any], decision: dict[str, str]) -> str:
    if record["userIdentity"]["type"] == "Unknown":
        return NOT_AUTHENTICATED
    if not decision:
        denied = record["errorCode"] == "AccessDeniedException"
        return NOT_BY_POLICY if denied else GONE
    layer = decision["layer"]
    if layer == REACH:
        return NOT_REACHED
    if "statement" in decision:
        return (
            f"The {layer} {decision['policy']} denies it, by its statement {decision['statement']}."
        )
    return f"No {layer} allows it."
