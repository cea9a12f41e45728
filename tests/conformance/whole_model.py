"""All operations of the model in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.case_model import OF_CASES
from tests.conformance.evidence_model import OF_EVIDENCE
from tests.conformance.responder_model import OF_INVESTIGATIONS, OF_RESPONDER
from tests.conformance.service_model import OF_MEMBERSHIPS

if TYPE_CHECKING:
    from tests.conformance.service_model import Operation

OPERATIONS: dict[str, Operation] = {
    **OF_MEMBERSHIPS,
    **OF_CASES,
    **OF_EVIDENCE,
    **OF_INVESTIGATIONS,
    **{f"larum:{name}": operation for name, operation in OF_RESPONDER.items()},
}
