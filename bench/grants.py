"""A principal as a large company has them: ten policies of twenty statements each.

What a GetMembership needs stands in the last statement of the last policy, so that nothing ends the
search early; a third of all statements is about that action and has to be looked at.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from larum.domain.principals import Principal, User
from larum.store import iam_versions, principals

if TYPE_CHECKING:
    from bench.requests import Signer
    from larum.service import Service
    from larum.store.engine import Transaction

POLICIES: Final = 10
STATEMENTS: Final = 20
USER: Final = "analyst"
_PUT: Final = "INSERT INTO inline_policies VALUES (:account, :arn, :name, :document)"
_CASES: Final = ("CreateCase", "UpdateCase", "CloseCase", "CreateCaseComment", "UpdateCaseStatus")
_READS: Final = ("GetCase", "ListComments", "ListCaseEdits", "ListInvestigations")


def grant(service: Service, signers: list[Signer]) -> None:
    """Give each signer's account a user with the policies, who signs with the signer's user key."""
    now = datetime.now(UTC)

    def work(tx: Transaction) -> None:
        for signer in signers:
            user = User(signer.account, USER, f"AIDA{signer.account}", now)
            principals.insert(tx, user)
            service.installation.credentials.issue(
                tx,
                Principal.user(signer.account, USER),
                now,
                access_key_id=signer.access_key_id,
                secret_access_key=signer.secret_access_key,
            )
            for number in range(POLICIES):
                parameters = {
                    "account": signer.account,
                    "arn": user.principal.arn,
                    "name": f"policy-{number}",
                    "document": document(signer.account, number),
                }
                tx.change(_PUT, parameters)
            iam_versions.grow(tx, signer.account)

    service.engine.write(work)


def document(account: str, number: int) -> str:
    """Return the policy of that number, 0 to POLICIES - 1."""
    statements = [_statement(account, number, place) for place in range(STATEMENTS)]
    if number == POLICIES - 1:
        statements[-1] = _allow(["GetMembership"], f"arn:aws:security-ir:*:{account}:membership/*")
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _statement(account: str, number: int, place: int) -> dict[str, Any]:
    team = f"team-{number}-{place}"
    case = f"arn:aws:security-ir:*:{account}:case/{number}{place:02d}*"
    kinds = (
        lambda: _allow(_CASES[: 1 + place % 5], case),
        lambda: _allow(_READS, case, StringEquals={"aws:ResourceTag/team": team}),
        lambda: _allow(
            ["Get*", "BatchGet*"],
            f"arn:aws:security-ir:eu-*:{account}:membership/m-{number}{place:02d}*",
        ),
        lambda: _allow(
            ["GetMembership", "UpdateMembership"],
            f"arn:aws:security-ir:*:{account}:membership/*",
            StringEquals={"aws:ResourceTag/team": team},
        ),
        lambda: _allow(["TagResource", "UntagResource"], case),
        lambda: {
            "Effect": "Deny",
            "Action": ["security-ir:CancelMembership", "security-ir:CloseCase"],
            "Resource": "*",
            "Condition": {"NotIpAddress": {"aws:SourceIp": f"10.{number}.{place}.0/24"}},
        },
        lambda: {
            "Effect": "Deny",
            "Action": "security-ir:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/clearance": f"none-{place}"}},
        },
        lambda: _allow(["ListCases", "ListMemberships"], "*"),
        lambda: _allow(["CreateCase"], case, StringLike={"aws:RequestTag/team": f"{team}*"}),
    )
    return kinds[place % len(kinds)]()


def _allow(names: Any, resource: str, **condition: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    actions = [f"security-ir:{name}" for name in names]
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement
