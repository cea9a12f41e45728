"""How far an account reaches, whatever its policies say."""

from __future__ import annotations

import pytest

from larum.access.policy.reach import reaches

OWN, FOREIGN, CHIEF = "111111111111", "222222222222", "999999999999"


def arn(account: str, resource: str = "membership/m-1") -> str:
    """Return the ARN of a resource of the service."""
    return f"arn:aws:security-ir:us-east-1:{account}:{resource}"


@pytest.mark.parametrize(
    ("service", "resource", "reached"),
    [
        ("security-ir", arn(OWN), True),
        ("security-ir", arn(OWN, "membership/*"), True),
        ("security-ir", "*", True),
        ("security-ir", arn(FOREIGN), False),
        ("security-ir", arn(""), False),
        ("security-ir", arn("*"), False),
        ("security-ir", arn("aws"), False),
        ("security-ir", arn(OWN, "case/1:2:3"), True),
        ("security-ir", arn(FOREIGN, f"case/1:{OWN}:2"), False),
        ("security-ir", arn(FOREIGN, f"membership/{OWN}"), False),
        ("security-ir", f"arn:aws:security-ir:{OWN}:us-east-1:x", False),
        ("security-ir", f"urn:aws:security-ir:us-east-1:{OWN}:x", False),
        ("security-ir", OWN, False),
        ("security-ir", "", False),
        ("iam", "*", False),
        ("", "*", False),
        ("larum", arn(OWN), False),
        ("larum", "*", False),
        ("sts", f"arn:aws:iam::{FOREIGN}:role/r", True),
    ],
)
def test_a_tenant_reaches_its_own_account(service: str, resource: str, *, reached: bool) -> None:
    """Whoever administers the installation: resources of the account, and no `larum` action."""
    for administrator in (CHIEF, None):
        found = reaches(
            OWN,
            service=service,
            resource=resource,
            params={},
            own_account=False,
            administrator=administrator,
        )
        assert found is reached


@pytest.mark.parametrize(
    ("resource", "params", "reached"),
    [
        (f"arn:aws:iam::{OWN}:user/ann", {}, True),
        (f"arn:aws:iam::{OWN}:user/*", {"accountId": OWN}, True),
        ("*", {}, True),
        ("*", {"accountId": FOREIGN}, False),
        (f"arn:aws:iam::{OWN}:user/ann", {"accountId": FOREIGN}, False),
        (f"arn:aws:iam::{FOREIGN}:user/ann", {}, False),
        (f"arn:aws:iam::{FOREIGN}:user/ann", {"accountId": FOREIGN}, False),
        ("arn:aws:iam::aws:policy/AWSSecurityIncidentResponseFullAccess", {}, True),
        (f"user/{OWN}", {}, False),
    ],
)
def test_an_account_administers_itself_alone(
    resource: str, params: dict[str, object], *, reached: bool
) -> None:
    """By operations for its own administration; the administrator account reaches every account."""
    for account, expected in ((OWN, reached), (CHIEF, True)):
        found = reaches(
            account,
            service="larum",
            resource=resource,
            params=params,
            own_account=True,
            administrator=CHIEF,
        )
        assert found is expected
