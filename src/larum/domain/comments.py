"""Comments of a case: what one is, and who may change it (service-behaviour §2.7, §11 row 15)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from larum.errors import ServiceQuotaExceededException

if TYPE_CHECKING:
    from datetime import datetime

# An id has six digits.
MOST_COMMENTS: Final = 1_000_000
QUOTA_CODE: Final = "LARUM-COMMENTS"


class Author(StrEnum):
    """Whose side wrote a comment: each side edits its own and no other's."""

    CUSTOMER = "customer"
    RESPONDER = "responder"
    SERVICE = "service"


class Writer(msgspec.Struct, frozen=True):
    """Who writes: the side, the principal that comments and edits name, the actor of the events.

    A customer is a principal by their ARN and an actor by their account; the other two have one
    name for both (service-behaviour §11 row 14).
    """

    author: Author
    principal: str
    actor: str

    @classmethod
    def customer(cls, principal_arn: str, account: str) -> Writer:
        """Return a caller of the customer's side."""
        return cls(Author.CUSTOMER, principal_arn, account)


_RESPONDER_NAME: Final = "AWS Responder"
_SERVICE_NAME: Final = "security-ir.amazonaws.com"
RESPONDER: Final = Writer(Author.RESPONDER, _RESPONDER_NAME, _RESPONDER_NAME)
SERVICE: Final = Writer(Author.SERVICE, _SERVICE_NAME, _SERVICE_NAME)


class Comment(msgspec.Struct, frozen=True):
    """One comment of a case; `body` is sensitive."""

    account: str
    region: str
    case_id: str
    comment_id: str
    body: str
    author: Author
    creator: str
    last_updated_by: str
    created_at: datetime
    updated_at: datetime

    def __repr__(self) -> str:
        """Leave the body out."""
        return f"Comment({self.case_id}, {self.comment_id})"

    def edited(self, writer: Writer, body: str, now: datetime) -> Comment:
        """Return the comment with another body, written by `writer` at `now`."""
        return replace(self, body=body, last_updated_by=writer.principal, updated_at=now)


def comment_id(number: int) -> str:
    """Return the id of a case's comment by its number, from 0: six digits."""
    return f"{number:06d}"


def check_room(account: str, case_id: str, comments: int) -> None:
    """Raise ServiceQuotaExceededException where a case has had as many comments as there are ids.

    The code is our own: AWS publishes no quota of comments.
    """
    if comments >= MOST_COMMENTS:
        message = (
            f"Case {case_id} has had {MOST_COMMENTS:,} comments, which is all that ids of six "
            "digits allow. Go on in another case."
        )
        raise ServiceQuotaExceededException(
            message, resource_id=account, resource_type="Case", quota_code=QUOTA_CODE
        )
