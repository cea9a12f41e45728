"""Rows of findings, and the marks that relate them to open cases."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.domain import values
from larum.domain.findings import (
    Finding,
    FindingSource,
    FindingStatus,
    Outcome,
    Resource,
    Severity,
    TriagedFinding,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from larum.domain.memberships import Membership
    from larum.store.engine import Row, Transaction

# So many ids or marks one statement looks up: it is always the same text, planned once.
AT_ONCE: Final = 100
NO_PLACE: Final = -1
BEFORE_EVERY_PLACE: Final = 1 << 62
_IN: Final = ", ".join(f":id{number}" for number in range(AT_ONCE))
_OF_MEMBERSHIP: Final = "account = :account AND region = :region AND membership_id = :membership_id"
_READ: Final = (
    "source, source_id, severity, finding_account, finding_region, title, facts, outcome, status, "
    "rule, case_id, ingested_at, place"
)
INSERT: Final = """
INSERT INTO findings (
    account, region, membership_id, finding_id, source, source_id, severity, finding_account,
    finding_region, title, facts, document, outcome, status, rule, case_id, ingested_at,
    place
) VALUES (
    :account, :region, :membership_id, :finding_id, :source, :source_id, :severity,
    :finding_account, :finding_region, :title, :facts, :document, :outcome, :status, :rule,
    :case_id, :ingested_at, :place
)
"""
KNOWN: Final = f"SELECT finding_id FROM findings WHERE {_OF_MEMBERSHIP} AND finding_id IN ({_IN})"  # noqa: S608 - literals
GET: Final = f"SELECT {_READ} FROM findings WHERE {_OF_MEMBERSHIP} AND finding_id IN ({_IN})"  # noqa: S608 - literals
DOCUMENT: Final = (
    f"SELECT document FROM findings WHERE {_OF_MEMBERSHIP} AND finding_id = :finding_id"  # noqa: S608 - literals
)
LAST_PLACE: Final = (
    f"SELECT max(place) FROM findings WHERE {_OF_MEMBERSHIP} AND ingested_at = :ingested_at"  # noqa: S608 - literals
)


def _page(where: str) -> str:
    return (
        f"SELECT {_READ} FROM findings WHERE {_OF_MEMBERSHIP}{where} "  # noqa: S608 - literals
        "AND (ingested_at, place) < (:before, :before_place) "
        "ORDER BY ingested_at DESC, place DESC LIMIT :limit"
    )


# By whether a status and a case are asked for: each has an index that is in the order of the list.
PAGES: Final = {
    (False, False): _page(""),
    (True, False): _page(" AND status = :status"),
    (False, True): _page(" AND case_id = :case_id"),
    (True, True): _page(" AND case_id = :case_id AND status = :status"),
}
# By UTC days: a case may hold as many findings as anybody sends.
COUNTS_OF_CASE: Final = """
SELECT status, ingested_at / 86400000000, count(*) FROM findings
WHERE account = :account AND region = :region AND case_id = :case_id
GROUP BY status, ingested_at / 86400000000
"""
MOVE_OF_CASE: Final = """
UPDATE findings SET status = :after
WHERE account = :account AND region = :region AND case_id = :case_id AND status = :before
"""
WAITING: Final = (
    f"SELECT {_READ} FROM findings WHERE {_OF_MEMBERSHIP} "  # noqa: S608 - literals
    "AND status = 'Escalated' AND case_id IS NULL ORDER BY ingested_at, place LIMIT :limit"
)
WITH_WAITING: Final = """
SELECT DISTINCT account, region, membership_id FROM findings
WHERE status = 'Escalated' AND case_id IS NULL
"""
UPDATE: Final = (
    "UPDATE findings SET status = :status, case_id = :case_id "  # noqa: S608 - literals
    f"WHERE {_OF_MEMBERSHIP} AND finding_id = :finding_id"
)
PUT_MARK: Final = """
INSERT INTO case_marks (account, region, membership_id, mark, case_id, since)
VALUES (:account, :region, :membership_id, :mark, :case_id, :since)
ON CONFLICT DO NOTHING
"""
# A closed case is not joined, however it was closed.
OPEN_CASES: Final = f"""
SELECT case_marks.mark, case_marks.case_id FROM case_marks
JOIN cases ON cases.account = case_marks.account AND cases.region = case_marks.region
    AND cases.case_id = case_marks.case_id
WHERE case_marks.account = :account AND case_marks.region = :region
  AND case_marks.membership_id = :membership_id AND case_marks.mark IN ({_IN})
  AND cases.status <> 'Closed'
ORDER BY case_marks.since DESC, case_marks.case_id DESC
"""  # noqa: S608 - literals
DROP_MARKS: Final = """
DELETE FROM case_marks WHERE account = :account AND region = :region AND case_id = :case_id
"""


class _Facts(msgspec.Struct, array_like=True):
    """What a row keeps in one text."""

    types: tuple[str, ...]
    description: str
    resources: tuple[tuple[str, str], ...]
    services: tuple[str, ...]
    actor_ips: tuple[str, ...]
    first_seen: datetime | None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Facts).decode


class Place(msgspec.Struct, frozen=True):
    """Where a finding stands in the list: by time, and by its place in that time."""

    ingested_at: datetime
    number: int


NEWEST: Final = Place(datetime.max.replace(tzinfo=values.EPOCH.tzinfo), BEFORE_EVERY_PLACE)


def known(tx: Transaction, membership: Membership, finding_ids: Iterable[str]) -> set[str]:
    """Return which of the ids the membership has already."""
    return {row[0] for row in _looked_up(tx, KNOWN, membership, finding_ids)}


def insert(
    tx: Transaction, membership: Membership, found: Sequence[tuple[TriagedFinding, str]]
) -> None:
    """Add findings, all of one time, with their documents (JSON texts), in this order."""
    if not found:
        return
    ingested_at = values.microseconds(found[0][0].ingested_at)
    (last,) = tx.rows(LAST_PLACE, _key(membership) | {"ingested_at": ingested_at})[0]
    first = 0 if last is None else last + 1
    rows = (
        _parameters(membership, each) | {"document": document, "place": place}
        for place, (each, document) in enumerate(found, start=first)
    )
    tx.change_many(INSERT, rows)


def update(tx: Transaction, membership: Membership, changed: Iterable[TriagedFinding]) -> None:
    """Store the status and the case of findings."""
    key = _key(membership)
    tx.change_many(
        UPDATE,
        [
            key | {"finding_id": each.finding_id, "status": each.status, "case_id": each.case_id}
            for each in changed
        ],
    )


def get(
    tx: Transaction, membership: Membership, finding_ids: Iterable[str]
) -> dict[str, TriagedFinding]:
    """Return the membership's findings of these ids, by id; those that it has not are left out."""
    found = (_finding(row) for row in _looked_up(tx, GET, membership, finding_ids))
    return {each.finding_id: each for each in found}


def document(tx: Transaction, membership: Membership, finding_id: str) -> str | None:
    """Return a finding as it was given, as JSON, or None."""
    row = tx.row(DOCUMENT, _key(membership) | {"finding_id": finding_id})
    return None if row is None else str(row[0])


def page(
    tx: Transaction,
    membership: Membership,
    before: Place,
    limit: int,
    *,
    status: str = "",
    case_id: str = "",
) -> list[tuple[Place, TriagedFinding]]:
    """Return at most `limit` findings older than `before`, newest first, with their places."""
    parameters = _key(membership) | {
        "before": values.microseconds(before.ingested_at),
        "before_place": before.number,
        "status": status,
        "case_id": case_id,
        "limit": limit,
    }
    rows = tx.rows(PAGES[bool(status), bool(case_id)], parameters)
    return [(Place(values.moment(row[-2]), row[-1]), _finding(row)) for row in rows]


def counts_of_case(
    tx: Transaction, account: str, region: str, case_id: str
) -> list[tuple[FindingStatus, int, int]]:
    """Return (status, UTC day since 1970-01-01, how many) of the findings in a case."""
    parameters = {"account": account, "region": region, "case_id": case_id}
    rows = tx.rows(COUNTS_OF_CASE, parameters)
    return [(FindingStatus(status), day, number) for status, day, number in rows]


def move_in_case(
    tx: Transaction,
    account: str,
    region: str,
    case_id: str,
    *,
    before: FindingStatus,
    after: FindingStatus,
) -> None:
    """Give every finding in a case that has the status `before` the status `after`."""
    parameters = {
        "account": account,
        "region": region,
        "case_id": case_id,
        "before": before,
        "after": after,
    }
    tx.change(MOVE_OF_CASE, parameters)


def waiting(tx: Transaction, membership: Membership, limit: int) -> list[TriagedFinding]:
    """Return the oldest `limit` escalated findings that have no case yet."""
    return [_finding(row) for row in tx.rows(WAITING, _key(membership) | {"limit": limit})]


def memberships_with_waiting(tx: Transaction) -> list[tuple[str, str, str]]:
    """Return account, Region and id of every membership that `waiting` has something for."""
    return [(row[0], row[1], row[2]) for row in tx.rows(WITH_WAITING, {})]


def open_cases(tx: Transaction, membership: Membership, marks: Iterable[str]) -> dict[str, str]:
    """Return for each mark that some open case has the id of the oldest one."""
    # The oldest comes last, and stays.
    return dict(_looked_up(tx, OPEN_CASES, membership, marks))


def put_marks(
    tx: Transaction, membership: Membership, case_id: str, marks: Iterable[str], now: datetime
) -> None:
    """Let findings with one of the marks join the case from now on."""
    key = _key(membership) | {"case_id": case_id, "since": values.microseconds(now)}
    tx.change_many(PUT_MARK, [key | {"mark": mark} for mark in marks])


def drop_marks(tx: Transaction, account: str, region: str, case_id: str) -> None:
    """Let nothing join the case any more."""
    tx.change(DROP_MARKS, {"account": account, "region": region, "case_id": case_id})


def _looked_up(
    tx: Transaction, sql: str, membership: Membership, wanted: Iterable[str]
) -> Iterator[Row]:
    rest = iter(dict.fromkeys(wanted))
    while some := list(islice(rest, AT_ONCE)):
        some += some[:1] * (AT_ONCE - len(some))
        ids = {f"id{number}": each for number, each in enumerate(some)}
        yield from tx.rows(sql, _key(membership) | ids)


def _parameters(membership: Membership, each: TriagedFinding) -> dict[str, Any]:
    finding = each.finding
    facts = _Facts(
        finding.types,
        finding.description,
        tuple((resource.kind, resource.resource_id) for resource in finding.resources),
        finding.services,
        finding.actor_ips,
        finding.first_seen,
    )
    return _key(membership) | {
        "finding_id": finding.finding_id,
        "source": finding.source,
        "source_id": finding.source_id,
        "severity": finding.severity,
        "finding_account": finding.account,
        "finding_region": finding.region,
        "title": finding.title,
        "facts": _encode(facts).decode(),
        "outcome": each.outcome,
        "status": each.status,
        "rule": each.rule,
        "case_id": each.case_id,
        "ingested_at": values.microseconds(each.ingested_at),
    }


def _finding(row: Row) -> TriagedFinding:
    source, source_id, severity, account, region, title, facts, *stands, at, _ = row
    outcome, status, rule, case_id = stands
    kept = _decode(facts)
    finding = Finding(
        source=FindingSource(source),
        source_id=source_id,
        types=kept.types,
        severity=Severity(severity),
        title=title,
        description=kept.description,
        account=account,
        region=region,
        resources=tuple(Resource(*each) for each in kept.resources),
        services=kept.services,
        actor_ips=kept.actor_ips,
        first_seen=kept.first_seen,
    )
    return TriagedFinding(
        finding, Outcome(outcome), FindingStatus(status), values.moment(at), rule, case_id
    )


def _key(membership: Membership) -> dict[str, Any]:
    return {
        "account": membership.account,
        "region": membership.region,
        "membership_id": membership.membership_id,
    }
