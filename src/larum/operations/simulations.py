"""The operation that tells beforehand what would be decided, named as IAM names it.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from larum.domain.policies import PolicyKind
from larum.domain.principals import Principal
from larum.domain.simulations import Simulated, Simulation
from larum.errors import ResourceNotFoundException

if TYPE_CHECKING:
    from larum.context import Context

ANYTHING: Final = ["*"]
DECISIONS: Final = {
    "Allow": "allowed",
    "ExplicitDeny": "explicitDeny",
    "ImplicitDeny": "implicitDeny",
}


def simulate_principal_policy(context: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Return what would be decided for each action and resource, and by which statement.

    Raises ResourceNotFoundException for a principal that is not there, and ValidationException for
    a document that is not understood.
    """
    arn = params["policySourceArn"]
    documents = params.get("policyInputList", [])
    for place, document in enumerate(documents):
        context.read_policy(document, PolicyKind.PERMISSIONS, f"policyInputList[{place}]")
    found = context.simulate(
        context.tx,
        Simulation(
            Principal(arn.split(":")[4], arn),
            tuple(params["actionNames"]),
            tuple(params.get("resourceArns", ANYTHING)),
            {
                entry["contextKeyName"].lower(): tuple(entry["contextKeyValues"])
                for entry in params.get("contextEntries", [])
            },
            tuple(documents),
        ),
        context.now,
    )
    if found is None:
        message = f"{arn} does not exist."
        raise ResourceNotFoundException(message)
    return {"evaluationResults": [_told(each) for each in found]}


def _told(found: Simulated) -> dict[str, Any]:
    matched = {
        "sourcePolicyId": found.policy,
        "sourcePolicyType": found.layer,
        "statementId": found.statement,
    }
    return {
        "evalActionName": found.action,
        "evalResourceName": found.resource,
        "evalDecision": DECISIONS[found.outcome],
        "evalDecisionLayer": found.layer,
        "evalDecisionReason": found.reason,
        "matchedStatements": [matched] if found.statement else [],
        "missingContextValues": list(found.missing),
    }
