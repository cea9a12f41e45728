"""What bounds the permissions of users and roles: a column of their rows, and who has which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from larum.domain.policies import name_of
from larum.domain.principals import PrincipalKind, folded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.domain.principals import Principal
    from larum.store.engine import Transaction

SET: Final[Mapping[str, str]] = {
    PrincipalKind.USER: """
UPDATE users SET boundary_arn = :boundary_arn
WHERE account = :account AND folded_name = :folded_name
""",
    PrincipalKind.ROLE: """
UPDATE roles SET boundary_arn = :boundary_arn
WHERE account = :account AND folded_name = :folded_name
""",
}
COUNT = """
SELECT (
    SELECT count(*) FROM users WHERE account = :account AND boundary_arn = :boundary_arn
) + (
    SELECT count(*) FROM roles WHERE account = :account AND boundary_arn = :boundary_arn
)
"""


def put(tx: Transaction, principal: Principal, boundary_arn: str | None) -> None:
    """Bound a user or role by a policy, or by none; KeyError for what is neither."""
    kind = principal.arn.rpartition(":")[2].partition("/")[0]
    parameters = {
        "account": principal.account,
        "folded_name": folded(name_of(principal.arn)),
        "boundary_arn": boundary_arn,
    }
    tx.change(SET[kind], parameters)


def count(tx: Transaction, account: str, boundary_arn: str) -> int:
    """Return how many users and roles of an account a policy bounds."""
    parameters = {"account": account, "boundary_arn": boundary_arn}
    return int(tx.rows(COUNT, parameters)[0][0])
