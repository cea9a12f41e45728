"""Telling the world what happened: one event, and a notice to each who asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from larum.domain import values
from larum.domain.events import DetailType, Event, Notice
from larum.store import outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from larum.domain.memberships import CommunicationType, Membership
    from larum.store.engine import Transaction


class CaseTold(msgspec.Struct, frozen=True):
    """What is told of a case: the event, the communication, and the actor where one is named.

    `actor` is an account id, `AWS Responder` or `security-ir.amazonaws.com`
    (service-behaviour §5.1, §11 row 14).
    """

    detail_type: DetailType
    communication: CommunicationType
    actor: str

    @property
    def detail(self) -> dict[str, str]:
        """The actor as the event has it: created by, updated by, or not at all."""
        member = _ACTOR_MEMBER.get(self.detail_type)
        return {} if member is None else {member: self.actor}


_ACTOR_MEMBER = {
    DetailType.CASE_CREATED: "createdBy",
    DetailType.CASE_UPDATED: "updatedBy",
    DetailType.CASE_COMMENT_ADDED: "createdBy",
    DetailType.CASE_COMMENT_UPDATED: "updatedBy",
}


class Surroundings(Protocol):
    """What a change needs, whether a caller asked for it (Context) or the time had come."""

    @property
    def now(self) -> datetime:
        """The time of the change, UTC."""
        ...

    @property
    def random(self) -> Callable[[int], bytes]:
        """Gives that many random bytes."""
        ...

    @property
    def tx(self) -> Transaction:
        """The transaction of the change."""
        ...


def tell(
    surroundings: Surroundings,
    membership: Membership,
    detail_type: DetailType,
    communication: CommunicationType | None = None,
) -> None:
    """Put the event of a membership in the outbox, and the notices of `communication` if named."""
    event = _event(surroundings, detail_type, membership.arn)
    recipients = [] if communication is None else membership.recipients(communication)
    _add(surroundings, event, communication, recipients)


def tell_case(
    surroundings: Surroundings,
    case_arn: str,
    told: CaseTold,
    membership: Membership,
    watchers: Iterable[str],
) -> None:
    """Put the event of a case in the outbox, and a notice for everyone who is to hear of it.

    Those are the team's members who asked for it and all `watchers` (e-mail addresses), each
    address once, whatever its letter case (service-behaviour §5.3).
    """
    event = _event(surroundings, told.detail_type, case_arn, told.detail)
    team = membership.recipients(told.communication)
    recipients = {each.casefold(): each for each in (*watchers, *team)}
    _add(surroundings, event, told.communication, recipients.values())


def new_event_id(surroundings: Surroundings) -> str:
    """Return the id of an event that is told now: it sorts after all that were told before.

    The clock alone would not do: two events of one change have the same time, and requests that
    share a commit come in another order than that of their times.
    """
    tick = surroundings.tx.rising.next(values.ticks(surroundings.now))
    return values.event_id(tick, surroundings.random(values.RANDOM_BYTES))


_ID_MEMBER = {"membership": "membershipId", "case": "caseId"}


def _event(
    surroundings: Surroundings,
    detail_type: DetailType,
    arn: str,
    detail: Mapping[str, str] | None = None,
) -> Event:
    region, account, resource = arn.split(":", 5)[3:]
    kind, _, identifier = resource.partition("/")
    return Event(
        event_id=new_event_id(surroundings),
        detail_type=detail_type,
        account=account,
        region=region,
        time=surroundings.now,
        resource=arn,
        detail={_ID_MEMBER[kind]: identifier, **(detail or {})},
    )


def _add(
    surroundings: Surroundings,
    event: Event,
    communication: CommunicationType | None,
    recipients: Iterable[str],
) -> None:
    outbox.add(surroundings.tx, event, [Notice(str(communication), each) for each in recipients])
