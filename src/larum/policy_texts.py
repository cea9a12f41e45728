"""Whether a policy that is to be kept can be understood: asked by operations, answered by access.

Operations and access do not import one another; this is the way between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.access.policy import document as documents
from larum.errors import FieldFailure, ValidationException

if TYPE_CHECKING:
    from larum.domain.policies import PolicyKind


def read_policy(document: str, kind: PolicyKind, member: str = "policyDocument") -> None:
    """Return if `document`, given as `member`, is understood; what is risky in it is no fault.

    Raises ValidationException whose fieldList names the place of every fault, such as
    `policyDocument.Statement[0].Effect`.
    """
    try:
        documents.parse(document, kind)
    except documents.PolicyRefused as error:
        raise ValidationException.of_fields(
            tuple(
                FieldFailure(f"{member}.{fault.place}" if fault.place else member, fault.message)
                for fault in error.faults
            )
        ) from error
