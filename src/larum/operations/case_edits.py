"""Case edits: what the audit record of a change tells the people of the case.

An edit is no row of its own. It stands in the one audit record of its change, in the chain of the
account that owns the case, and ListCaseEdits shows these records: the two cannot disagree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.store import audit

if TYPE_CHECKING:
    from larum.operations.notices import Surroundings

SERVICE_PRINCIPAL: Final = "security-ir.amazonaws.com"


class CaseEdit(msgspec.Struct, frozen=True):
    """One change of a case (`case_arn`), by `principal`, as ListCaseEdits tells it.

    `action` is one of service-behaviour §11 row 12; `message` has 10 to 4096 characters and says
    what changed, never a sensitive text.
    """

    case_arn: str
    principal: str
    action: str
    message: str

    @property
    def account(self) -> str:
        """The account that owns the case."""
        return self.case_arn.split(":", 5)[4]


class Edited(msgspec.Struct, frozen=True):
    """The output of an operation, with the edit for its audit record where it changed a case.

    `made` is the id of what a clientToken made, where the output does not name it.
    """

    output: dict[str, Any]
    edit: CaseEdit | None = None
    made: str | None = None


def in_record(edit: CaseEdit) -> dict[str, Any]:
    """Return what an audit record holds of an edit."""
    return {
        "caseEdit": {"principal": edit.principal, "action": edit.action, "message": edit.message}
    }


def append_record(surroundings: Surroundings, event_name: str, edit: CaseEdit) -> None:
    """Write the record of a change that is no call: the time's, an upload's, a finding's."""
    region = edit.case_arn.split(":", 4)[3]
    record = {
        "eventTime": surroundings.now.isoformat(),
        "eventSource": SERVICE_PRINCIPAL,
        "eventName": event_name,
        "awsRegion": region,
        "userIdentity": {"type": "AWSService", "invokedBy": SERVICE_PRINCIPAL},
        "resources": [edit.case_arn],
    }
    audit.append(surroundings.tx, edit.account, record | in_record(edit), edit.case_arn)
