"""How many calls per second an account may make: token buckets in a table of bounded size.

A bucket is one number: the time at which it will be full again. It holds
`burst - (full_at - now) * rate` calls, so nothing has to be refilled, and a bucket whose time has
passed says nothing that an absent one would not: it can be dropped.

Rates: service-behaviour §3.1 and §11 row 22 (mode `aws`), contracts.md (`standard`, `off`).
"""

from __future__ import annotations

import heapq
import math
import threading
from typing import TYPE_CHECKING, Final

import msgspec

from larum.access.sources import source_of
from larum.errors import ThrottlingException

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping


FAILED_AUTHENTICATION: Final = "failed-authentication"


class Rate(msgspec.Struct, frozen=True):
    """`per_second` calls, and `burst` at once, of everything that shares the bucket `name`."""

    name: str
    per_second: float
    burst: float

    @property
    def quota_code(self) -> str:
        """The code a refusal carries; AWS publishes none for throttles, so these are our own."""
        return f"LARUM-THROTTLE-{self.name.upper()}"


class ThrottleTable(msgspec.Struct, frozen=True):
    """The rate of each operation by name, and that of all others together (None: no limit)."""

    rates: Mapping[str, Rate]
    others: Rate | None


_READS = (
    "BatchGetMemberAccountDetails",
    "GetCase",
    "GetFindingMetrics",
    "GetMembership",
    "ListCaseEdits",
    "ListCases",
    "ListComments",
    "ListInvestigations",
    "ListMemberships",
    "ListTagsForResource",
)
_WRITES = (
    "CancelMembership",
    "CloseCase",
    "CreateCase",
    "CreateCaseComment",
    "CreateMembership",
    "GetCaseAttachmentUploadUrl",
    "SendFeedback",
    "TagResource",
    "UntagResource",
    "UpdateCase",
    "UpdateCaseComment",
    "UpdateCaseStatus",
    "UpdateMembership",
    "UpdateResolverType",
)
# A read to us, and rare: AWS lists it among the writes (service-behaviour §3.1).
_DOWNLOAD = "GetCaseAttachmentDownloadUrl"

# How much more often than with one key id a source may fail with all of them together.
SOURCE_FACTOR = 10

_STANDARD_READS = Rate("reads", 1000, 2000)
_STANDARD_WRITES = Rate("writes", 300, 600)

MODES: Mapping[str, ThrottleTable] = {
    # https://docs.aws.amazon.com/general/latest/gr/security-ir.html; tags and GetFindingMetrics
    # have no entry there and follow the others; the burst is ours.
    "aws": ThrottleTable(
        {name: Rate(name, 5, 10) for name in _READS}
        | {name: Rate(name, 1, 2) for name in (*_WRITES, _DOWNLOAD)},
        others=_STANDARD_WRITES,
    ),
    "standard": ThrottleTable(
        dict.fromkeys((*_READS, _DOWNLOAD), _STANDARD_READS)
        | dict.fromkeys(_WRITES, _STANDARD_WRITES),
        others=_STANDARD_WRITES,
    ),
    "off": ThrottleTable({}, others=None),
}
"""The setting `--throttle`. An operation that is in no list counts as a write, not as free."""


class BucketTable:
    """Token buckets by key, `capacity` of them; times are seconds of one monotonic clock.

    When the table is full, the bucket that is full first makes room: an idle one, which loses
    nothing, for as long as there is one. Safe to use from several threads.
    """

    # Threads that read the clock and then wait for the lock arrive a little out of order; more
    # than this is a clock that was set back, and time goes on from where it was.
    _DISORDER_SECONDS = 1.0
    # What the sums of a wait may be off by.
    _ROUNDING_SECONDS = 1e-9

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._full_at: dict[Hashable, float] = {}
        # One entry per bucket, with a time no later than its true one: put right when it surfaces.
        self._soonest: list[tuple[float, int, Hashable]] = []
        self._entries = 0
        self._latest = -math.inf
        self._shift = 0.0

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, key: Hashable, rate: Rate, now: float) -> float:
        """Take one call out of the bucket `key`: 0.0, or the seconds until one is there."""
        with self._lock:
            now = self._forward(now)
            full_at, wait = self._after_one(key, rate, now)
            if wait > 0:
                return wait
            if key not in self._full_at:
                self._make_room()
                heapq.heappush(self._soonest, (full_at, self._entries, key))
                self._entries += 1
            self._full_at[key] = full_at
            return 0.0

    def wait(self, key: Hashable, rate: Rate, now: float) -> float:
        """Return what `take` would, and take nothing."""
        if key not in self._full_at:
            return 0.0  # an absent bucket is a full one
        with self._lock:
            return self._after_one(key, rate, self._forward(now))[1]

    def _after_one(self, key: Hashable, rate: Rate, now: float) -> tuple[float, float]:
        full_at = max(self._full_at.get(key, now), now) + 1 / rate.per_second
        wait = full_at - now - rate.burst / rate.per_second
        return full_at, wait if wait > self._ROUNDING_SECONDS else 0.0

    def _forward(self, now: float) -> float:
        shifted = now + self._shift
        if shifted < self._latest - self._DISORDER_SECONDS:
            self._shift += self._latest - shifted
        self._latest = max(self._latest, shifted)
        return self._latest

    def _make_room(self) -> None:
        while len(self._full_at) >= self._capacity:
            full_at, entry, key = self._soonest[0]
            true_full_at = self._full_at[key]
            if true_full_at > full_at:
                heapq.heapreplace(self._soonest, (true_full_at, entry, key))
            else:
                heapq.heappop(self._soonest)
                del self._full_at[key]


class Throttle:
    """Admits or refuses a call by account, Region and what shares a bucket in `table`."""

    def __init__(self, table: ThrottleTable, *, capacity: int = 100_000) -> None:
        self._table = table
        self._buckets = BucketTable(capacity)

    def take(self, account: str, region: str, operation: str, now: float) -> None:
        """Count one call of `operation` at `now`, in seconds of a monotonic clock.

        Raises:
            ThrottlingException: the bucket is empty; names the milliseconds until it is not.

        """
        rate = self._table.rates.get(operation, self._table.others)
        if rate is None:
            return
        wait = self._buckets.take((account, region, rate.name), rate, now)
        if wait > 0:
            raise ThrottlingException(
                f"Rate exceeded: {rate.name} is limited to {rate.per_second:g} per second for each "
                "account and Region.",
                retry_after_ms=math.ceil(wait * 1000),
                quota_code=rate.quota_code,
            )


class FailureLimit:
    """Slows down whoever guesses: failed authentications by source address and access key id.

    The key id is what the request claims, cut to a bounded length by whoever calls
    (reliability-and-security §4.1 rule 11). All that one source fails with, whatever it claims, is
    bounded too, at ten times the rate: a guesser would else take another id for each guess. Keys
    that got in from there stay out of that: nobody locks out who shares an address with them.
    """

    def __init__(self, per_second: float = 10, *, capacity: int = 100_000) -> None:
        self._rate = Rate(FAILED_AUTHENTICATION, per_second, 2 * per_second)
        of_source = SOURCE_FACTOR * per_second
        self._of_source = Rate(self._rate.name, of_source, 2 * of_source)
        self._buckets = BucketTable(capacity)
        self._sources = BucketTable(capacity)
        self._trusted: dict[tuple[str, str], None] = {}
        self._most_trusted = capacity // 10
        self._lock = threading.Lock()

    def check(self, address: str, access_key_id: str, now: float) -> None:
        """Refuse, before any signature is computed, a source or a pair that has failed too often.

        Raises:
            ThrottlingException: the pair or its source has no failure left for now.

        """
        source = source_of(address)
        wait = self._buckets.wait((source, access_key_id), self._rate, now)
        if (source, access_key_id) not in self._trusted:
            wait = max(wait, self._sources.wait(source, self._of_source, now))
        if wait > 0:
            raise ThrottlingException(
                "Too many failed authentications.",
                retry_after_ms=math.ceil(wait * 1000),
                quota_code=self._rate.quota_code,
            )

    def record(self, address: str, access_key_id: str, now: float) -> None:
        """Count one failed authentication of the pair at `now`."""
        source = source_of(address)
        self._buckets.take((source, access_key_id), self._rate, now)
        self._sources.take(source, self._of_source, now)

    def trust(self, address: str, access_key_id: str) -> None:
        """Note that the pair got in; who was noted first is forgotten first."""
        pair = (source_of(address), access_key_id)
        if pair in self._trusted:
            return
        with self._lock:
            self._trusted[pair] = None
            while len(self._trusted) > self._most_trusted:
                del self._trusted[next(iter(self._trusted))]
