"""The verbs of `larum iam` on policies: managed ones, and those of users, groups and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge.cli.printing import count
from larum.edge.cli.terminal import harmless
from larum.edge.cli.verbs import Verb, facts, listed, sentence, table, told

if TYPE_CHECKING:
    from collections.abc import Mapping

HOLDERS: Final = ("user", "group", "role")
# Groups have neither.
IDENTITIES: Final = ("user", "role")
POLICY: Final = facts(
    "policy",
    ("policy", "policyName"),
    ("id", "policyId"),
    ("ARN", "arn"),
    ("version", "defaultVersionId"),
    ("attached to", "attachmentCount"),
    ("description", "description"),
    ("created", "createDate"),
    ("updated", "updateDate"),
)
VERSION: Final = facts("policyVersion", ("version", "versionId"), ("created", "createDate"))


def _tell_document(_given: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    click.echo(harmless(told(answer["policyDocument"])))


def _tell_version(_given: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    click.echo(harmless(told(answer["policyVersion"]["document"])))


def _tell_entities(_given: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    kinds = {"user": "policyUsers", "group": "policyGroups", "role": "policyRoles"}
    found = [
        f"{kind} {each[f'{kind}Name']}" for kind, member in kinds.items() for each in answer[member]
    ]
    for each in found:
        click.echo(each)
    click.echo(f"{count(len(found), 'principal')} with the policy.", err=True)


MANAGED: Final = (
    Verb(
        "create-policy",
        "CreatePolicy",
        "Add a policy to an account, to be attached to users, groups and roles.",
        POLICY,
    ),
    Verb(
        "create-policy-version",
        "CreatePolicyVersion",
        "Replace the document of a policy; it acts at once wherever the policy is attached.",
        VERSION,
        more="Only the newest version is kept: --set-as-default is required.",
    ),
    Verb("get-policy", "GetPolicy", "Show a policy without its document.", POLICY),
    Verb(
        "get-policy-version",
        "GetPolicyVersion",
        "Show the document of a policy; get-policy tells its version.",
        _tell_version,
    ),
    Verb(
        "list-policies",
        "ListPolicies",
        "List the policies that an account can attach: AWS's, then its own.",
        table(
            "policies",
            ("POLICY", "policyName"),
            ("ATTACHED", "attachmentCount"),
            ("ARN", "arn"),
        ),
    ),
    Verb(
        "list-entities-for-policy",
        "ListEntitiesForPolicy",
        "List the users, groups and roles that a policy is attached to or bounds.",
        _tell_entities,
    ),
    Verb(
        "delete-policy",
        "DeletePolicy",
        "Remove a policy of an account; it must be attached to nobody.",
        sentence("{policyArn} is deleted."),
    ),
)


def _of_holder(kind: str) -> tuple[Verb, ...]:
    name, title = f"{{{kind}Name}}", kind.title()
    return (
        Verb(
            f"attach-{kind}-policy",
            f"Attach{title}Policy",
            f"Attach a managed policy to a {kind}.",
            sentence(f"{{policyArn}} is attached to {name}."),
        ),
        Verb(
            f"detach-{kind}-policy",
            f"Detach{title}Policy",
            f"Detach a managed policy from a {kind}.",
            sentence(f"{{policyArn}} is detached from {name}."),
        ),
        Verb(
            f"list-attached-{kind}-policies",
            f"ListAttached{title}Policies",
            f"List the managed policies that are attached to a {kind}.",
            table("attachedPolicies", ("POLICY", "policyName"), ("ARN", "policyArn")),
        ),
        Verb(
            f"put-{kind}-policy",
            f"Put{title}Policy",
            f"Put a policy into a {kind}, in the place of one of that name.",
            sentence(f"{{policyName}} is a policy of {name}."),
        ),
        Verb(
            f"get-{kind}-policy",
            f"Get{title}Policy",
            f"Show the document of a policy inside a {kind}.",
            _tell_document,
        ),
        Verb(
            f"list-{kind}-policies",
            f"List{title}Policies",
            f"List the policies inside a {kind}.",
            listed("policyNames", "POLICY"),
        ),
        Verb(
            f"delete-{kind}-policy",
            f"Delete{title}Policy",
            f"Remove a policy from inside a {kind}.",
            sentence(f"{{policyName}} is no policy of {name} any more."),
        ),
    )


def _of_identity(kind: str) -> tuple[Verb, ...]:
    name, title = f"{{{kind}Name}}", kind.title()
    return (
        Verb(
            f"put-{kind}-permissions-boundary",
            f"Put{title}PermissionsBoundary",
            f"Bound what a {kind} may do by a managed policy.",
            sentence(f"{{permissionsBoundary}} bounds {name}."),
        ),
        Verb(
            f"delete-{kind}-permissions-boundary",
            f"Delete{title}PermissionsBoundary",
            f"Take the bound of a {kind} away.",
            sentence(f"Nothing bounds {name}."),
        ),
        Verb(
            f"tag-{kind}",
            f"Tag{title}",
            f"Add tags to a {kind}; policies can speak of them as aws:PrincipalTag.",
            sentence(f"{name} is tagged."),
        ),
        Verb(
            f"untag-{kind}",
            f"Untag{title}",
            f"Remove tags from a {kind}.",
            sentence(f"The tags of {name} are removed."),
        ),
        Verb(
            f"list-{kind}-tags",
            f"List{title}Tags",
            f"List the tags of a {kind}.",
            table("tags", ("KEY", "key"), ("VALUE", "value")),
        ),
    )


VERBS: Final = (
    *MANAGED,
    *(verb for kind in HOLDERS for verb in _of_holder(kind)),
    *(verb for kind in IDENTITIES for verb in _of_identity(kind)),
)
