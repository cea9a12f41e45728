"""`larum policy`: why a principal may do something, or not, asked beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli import verbs
from larum.edge.cli.printing import ABSENT, print_facts
from larum.edge.cli.verbs import Verb

if TYPE_CHECKING:
    from collections.abc import Mapping

DECISIONS: Final = {
    "allowed": "allowed",
    "explicitDeny": "denied",
    "implicitDeny": "not allowed",
}
OPTIONS: Final[Mapping[str, str]] = {
    "policySourceArn": "Whose policies count: a user, a role, or the root of an account.",
    "actionNames": "What is to be done, such as security-ir:GetCase.",
    "resourceArns": "What it is to be done to; `*` if left out.",
    "contextEntries": "Values of condition keys, such as "
    "ContextKeyName=aws:SourceIp,ContextKeyValues=192.0.2.7.",
    "policyInputList": "Policies to try, as if they were attached too, such as file://p.json.",
}


def _tell(_given: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    for place, found in enumerate(answer["evaluationResults"]):
        if place:
            click.echo()
        matched = found["matchedStatements"]
        print_facts(
            [
                ("action", found["evalActionName"]),
                ("resource", found["evalResourceName"]),
                ("decision", DECISIONS[found["evalDecision"]]),
                ("by", found["evalDecisionLayer"]),
                ("policy", matched[0]["sourcePolicyId"] if matched else ABSENT),
                ("statement", matched[0]["statementId"] if matched else ABSENT),
                ("missing keys", " ".join(found["missingContextValues"]) or ABSENT),
            ]
        )


VERBS: Final = (
    Verb(
        "simulate",
        "SimulatePrincipalPolicy",
        "Tell what would be decided about a principal, and by which statement.",
        _tell,
        more="The service decides as it does of requests: with groups, boundary and service "
        "control policies. The tags of a resource are those that it has. A condition key that no "
        "--context-entries gives has no value, and is told as missing.",
    ),
)


@click.group(short_help="What a principal may do, and why.")
def policy() -> None:
    """Tell what a principal may do, and why.

    The options are those of `aws iam simulate-principal-policy`. Whoever may do
    larum:SimulatePrincipalPolicy to the principal can ask.
    """


verbs.add(policy, VERBS, OPTIONS)
