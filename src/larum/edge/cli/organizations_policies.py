"""The verbs of `larum organizations` on service control policies, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from larum.edge.cli.verbs import Verb, facts, sentence, table

if TYPE_CHECKING:
    from collections.abc import Mapping

OPTIONS: Final[Mapping[str, str]] = {
    "content": "The policy in IAM's language, or file://FILE.",
    "description": "What it is for.",
    "filter": "The kind of policies; there is one.",
    "policyId": "The policy, p-….",
    "targetId": "The organization's root, a unit or an account.",
    "type": "The kind of policy; there is one.",
}
POLICY: Final = facts(
    "policy",
    ("policy", "policySummary.id"),
    ("name", "policySummary.name"),
    ("description", "policySummary.description"),
    ("ARN", "policySummary.arn"),
    ("content", "content"),
)
POLICIES: Final = table(
    "policies", ("POLICY", "id"), ("NAME", "name"), ("DESCRIPTION", "description")
)
VERBS: Final = (
    Verb(
        "create-policy",
        "CreateServiceControlPolicy",
        "Write a service control policy; nobody is bound before it is attached.",
        POLICY,
    ),
    Verb(
        "update-policy",
        "UpdateServiceControlPolicy",
        "Change a service control policy; it acts at once.",
        POLICY,
    ),
    Verb(
        "describe-policy",
        "DescribeServiceControlPolicy",
        "Show a service control policy.",
        POLICY,
    ),
    Verb(
        "delete-policy",
        "DeleteServiceControlPolicy",
        "Remove a service control policy that is attached to nothing.",
        sentence("{policyId} is deleted."),
    ),
    Verb(
        "list-policies",
        "ListServiceControlPolicies",
        "List the service control policies.",
        POLICIES,
    ),
    Verb(
        "list-policies-for-target",
        "ListServiceControlPoliciesForTarget",
        "List what is attached to the root, a unit or an account itself.",
        POLICIES,
    ),
    Verb(
        "list-targets-for-policy",
        "ListTargetsForServiceControlPolicy",
        "List what a service control policy is attached to.",
        table("targets", ("TARGET", "targetId"), ("TYPE", "type"), ("NAME", "name")),
    ),
    Verb(
        "attach-policy",
        "AttachServiceControlPolicy",
        "Let a policy bound the accounts beneath the root or a unit, or one account.",
        sentence("{policyId} bounds {targetId}."),
    ),
    Verb(
        "detach-policy",
        "DetachServiceControlPolicy",
        "Let a policy bound a target no longer; it must keep another one.",
        sentence("{policyId} bounds {targetId} no longer."),
    ),
)
