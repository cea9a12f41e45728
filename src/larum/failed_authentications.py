"""The audit of requests that nobody could be found to have sent: recorded, and in a flood counted.

    a claim of a key, room for its record ──> recorded, then refused
    no room                               ──> refused, and counted by account and source
    no claim, a bad URL, too many (429)   ──> refused, and counted by source
    each minute                           ──> what was counted, a record for each source

The records are in the chain of the account whose key was claimed, and of the administrator account
where no such key is known. Nothing that was sent is believed: of the claim a record names the key
id, if it has the form of one, and the Region, and no text (reliability-and-security §9.3).

What a flood can write is bounded, whoever sends it from wherever: IN_ALL records of their own, and
MOST_SOURCES + 1 with counts, a minute; some 120,000 a day, or 80 MB.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from larum.access.authorization import is_access_key_id
from larum.access.sources import source_of
from larum.access.throttle import FAILED_AUTHENTICATION, BucketTable, Rate
from larum.calls import Chore
from larum.domain.regions import REGIONS
from larum.errors import (
    AccessDenied,
    ExpiredTokenException,
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    ServiceError,
    ThrottlingException,
    UnrecognizedClientException,
)
from larum.operations import audit_records
from larum.store import audit
from larum.wire import protocols

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from larum.domain.principals import AccessKey
    from larum.installation import Installation
    from larum.settings import Settings
    from larum.store.engine import Transaction
    from larum.wire.http import HttpRequest, HttpResponse
    from larum.wire.router import Match

log = logging.getLogger(__name__)

RECORDED: Final = (
    ExpiredTokenException,
    IncompleteSignatureException,
    InvalidSignatureException,
    UnrecognizedClientException,
)
OF_SOURCE: Final = Rate("failed-authentication-records", 10 / 60, 20)
IN_ALL: Final = Rate("failed-authentication-records", 60 / 60, 200)
MOST_SOURCES: Final = 20
REMEMBERED_SOURCES: Final = 10_000
# Every other source together, where there are more than can be told one by one.
OTHER_SOURCES: Final = "other sources"
COUNTED_NAME: Final = "FailedAuthentications"
UNKNOWN_NAME: Final = "Unknown"
# What AWS and we call a key id: no secret and nobody's address has this form.
_KEY_ID: Final = re.compile("[A-Z0-9]{16,32}")
_OVER_THE_LIMIT: Final = Rate(FAILED_AUTHENTICATION, 1, 1).quota_code
_NOT_TOLD: Final = "The Authorization header could not be understood."


class _Claim(NamedTuple):
    access_key_id: str
    region: str


class _Counted:
    """Failures of one source since `first`; a count for each error's code."""

    def __init__(self, first: datetime) -> None:
        self.first = self.last = first
        self.codes: Counter[str] = Counter()

    def add(self, other: _Counted) -> None:
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.codes.update(other.codes)


class FailedAuthentications:
    """The failures of one instance; safe to use from several threads.

    `claimed_key(id, session token)` gives the key that a request claims, if there is one, `match`
    the operation that it asks for, `clock()` the time (UTC) and `steady()` monotonic seconds. What
    names no Region belongs to the first of the settings.
    """

    def __init__(
        self,
        installation: Installation,
        settings: Settings,
        claimed_key: Callable[[str, str | None], AccessKey | None],
        match: Callable[[HttpRequest], Match | None],
        clock: Callable[[], datetime],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._claimed_key = installation.engine, claimed_key
        self._administrator = installation.administrator_account
        self._match, self._region = match, settings.region[0]
        self._clock, self._steady = clock, steady
        self._of_source = BucketTable(REMEMBERED_SOURCES)
        self._in_all = BucketTable(1)
        self._counted: dict[tuple[str, str], _Counted] = {}
        self._lock = Lock()

    def answered(
        self, request: HttpRequest, error: Exception, answer: HttpResponse, request_id: str
    ) -> HttpResponse | Chore:
        """Return `answer`, the refusal of a request with `error`, or what records it before that.

        Anything but a failed authentication is answered as it is.
        """
        if not isinstance(error, RECORDED):
            self.count(request.source_ip, error)
            return answer
        now, claim = self._clock(), _claim(request)
        key = self._key(claim, request.header("x-amz-security-token"))
        account = self._administrator if key is None else key.principal.account
        if not (claim.access_key_id and self._has_room(request)):
            self._count(account, request.source_ip, error, now)
            return answer
        record = self._record(request, claim, key, now, request_id)
        record |= {"errorCode": error.code, "errorMessage": _told(error)}

        def perform(tx: Transaction) -> HttpResponse:
            audit.append(tx, account, record, denied_request=request_id)
            return answer

        return Chore(request_id, perform, protocols.of_request(request))

    def count(self, address: str, error: Exception) -> None:
        """Count a request from `address` that claimed no key and was refused with `error`.

        An attachment's URL that opens nothing is one; any other error is not counted.
        """
        if _is_counted(error):
            self._count(self._administrator, address, error, self._clock())

    def write(self) -> int:
        """Write what was counted, a record for each source; return how many.

        What cannot be written is logged and counted on.
        """
        with self._lock:
            counted, self._counted = self._counted, {}
        if not counted:
            return 0
        try:
            self._engine.write(partial(_append, counted))
        except ServiceError as error:
            log.warning("failed authentications could not be recorded: %s", error.message)
            with self._lock:
                for (account, source), each in counted.items():
                    self._add(account, source, each)
            return 0
        return len(counted)

    def _record(
        self,
        request: HttpRequest,
        claim: _Claim,
        key: AccessKey | None,
        now: datetime,
        request_id: str,
    ) -> dict[str, Any]:
        match = self._match(request)
        record = audit_records.event(
            "larum" if match is None else match.service.name,
            UNKNOWN_NAME if match is None else match.operation.name,
            region=claim.region if claim.region in REGIONS else self._region,
            source_ip=request.source_ip,
            request_id=request_id,
            now=now,
            identity=_identity(claim, key),
        )
        if key is not None:
            record["additionalEventData"] = {"accessKeyOf": key.principal.arn}
        return record | {"resources": []}

    def _has_room(self, request: HttpRequest) -> bool:
        now = self._steady()
        return (
            self._of_source.take(source_of(request.source_ip), OF_SOURCE, now) == 0
            and self._in_all.take("", IN_ALL, now) == 0
        )

    def _count(self, account: str, address: str, error: Exception, now: datetime) -> None:
        counted = _Counted(now)
        counted.codes[type(error).__name__] = 1
        with self._lock:
            self._add(account, source_of(address), counted)

    def _add(self, account: str, source: str, counted: _Counted) -> None:
        place = (account, source)
        if place not in self._counted and len(self._counted) >= MOST_SOURCES:
            place = (self._administrator, OTHER_SOURCES)
        self._counted.setdefault(place, _Counted(counted.first)).add(counted)

    def _key(self, claim: _Claim, session_token: str | None) -> AccessKey | None:
        if not is_access_key_id(claim.access_key_id):
            return None
        try:
            return self._claimed_key(claim.access_key_id, session_token)
        except ServiceError:
            return None


def _append(counted: dict[tuple[str, str], _Counted], tx: Transaction) -> None:
    for (account, source), each in counted.items():
        audit.append(tx, account, _count_record(source, each))


def _count_record(source: str, counted: _Counted) -> dict[str, Any]:
    return {
        "eventVersion": audit_records.EVENT_VERSION,
        "eventType": "AwsServiceEvent",
        "eventTime": counted.last.isoformat(),
        "eventSource": "larum",
        "eventName": COUNTED_NAME,
        "sourceIPAddress": source,
        "userIdentity": {"type": "Unknown"},
        "resources": [],
        "additionalEventData": {
            "since": counted.first.isoformat(),
            "count": counted.codes.total(),
            "errorCodes": dict(sorted(counted.codes.items())),
        },
    }


def _is_counted(error: Exception) -> bool:
    if isinstance(error, ThrottlingException):
        return error.quota_code == _OVER_THE_LIMIT
    return isinstance(error, AccessDenied | MissingAuthenticationTokenException)


def _claim(request: HttpRequest) -> _Claim:
    """Return what the credential of the Authorization header says, cut to a bounded length."""
    value = request.header("authorization") or ""
    parts = value.partition("Credential=")[2].partition(",")[0].split("/", 3)
    return _Claim(parts[0][:128], parts[2][:128] if len(parts) > 2 else "")  # noqa: PLR2004 - id/date/Region


def _identity(claim: _Claim, key: AccessKey | None) -> dict[str, Any]:
    identity = {"type": "Unknown"}
    if key is not None:
        identity |= {"accountId": key.principal.account, "accessKeyId": key.access_key_id}
    elif _KEY_ID.fullmatch(claim.access_key_id):
        identity["accessKeyId"] = claim.access_key_id
    return identity


def _told(error: ServiceError) -> str:
    """Return the error's text up to what it quotes of the request: that may be anything."""
    return error.message.partition("'")[0].strip() or _NOT_TOLD
