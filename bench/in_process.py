"""The embedded client against boto3 itself: what Larum adds to a call that needs no socket.

Both clients are stock boto3; one is answered by a service in memory, the other by a `before-send`
handler that has one canned answer. One account holds one membership, so the same client changes its
key before each call, outside the measured time.
"""

from __future__ import annotations

import io
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse

import larum
from bench.figures import Bar, Figure, Held, Result, Size
from bench.requests import REGION, Signer, membership_params
from bench.seeding import add

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.credentials import Credentials

CREATE: Final = Bar(
    "create_membership in process ÷ boto3 with a canned answer", 1.3, at_least=False
)
CALLS: Final = 300
AT_ONCE: Final = 25
WARM_UP: Final = 50
_CANNED: Final = b'{"membershipId":"m-00000000000000000000000000000000"}'
_HEADERS: Final[Any] = {"content-type": "application/json", "x-amzn-requestid": "0"}


class _Body(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


@dataclass(frozen=True, slots=True)
class Caller:
    """A client and the credentials that it signs with, which can be changed."""

    client: Any
    credentials: Credentials

    def seconds(self, number: int) -> float:
        """Create a membership as account `number`; return how long the call took."""
        signer = Signer(number)
        self.credentials.access_key = signer.access_key_id
        self.credentials.secret_key = signer.secret_access_key
        params = membership_params(signer)
        begun = time.perf_counter()
        self.client.create_membership(**params)
        return time.perf_counter() - begun


def measure(size: Size, say: Callable[[str], None]) -> Result:
    """Call both clients by turns; the ratio of a round is that of the medians of their calls."""
    total = WARM_UP + size.rounds * CALLS
    with larum.Service() as service:
        add(service, range(total))
        embedded, canned = _caller(), _caller()
        service.attach(embedded.client)
        canned.client.meta.events.register_first("before-send", _answer)
        for number in range(WARM_UP):
            embedded.seconds(number)
            canned.seconds(number)
        rounds = []
        for each in range(size.rounds):
            say(f"round {each + 1} of {size.rounds}")
            rounds.append(_round(embedded, canned, WARM_UP + each * CALLS))
        embedded.client.close()
        canned.client.close()
    ratios = tuple(own / floor for own, floor in rounds)
    figures = (
        Figure("create_membership in process", "p50 µs", tuple(own * 1e6 for own, _ in rounds)),
        Figure("boto3 with a canned answer", "p50 µs", tuple(floor * 1e6 for _, floor in rounds)),
    )
    return Result((Held(CREATE, ratios),), figures)


def _round(embedded: Caller, canned: Caller, first: int) -> tuple[float, float]:
    own: list[float] = []
    floor: list[float] = []
    for start in range(first, first + CALLS, AT_ONCE):
        own += [embedded.seconds(number) for number in range(start, start + AT_ONCE)]
        floor += [canned.seconds(number) for number in range(start, start + AT_ONCE)]
    return statistics.median(own), statistics.median(floor)


def _caller() -> Caller:
    session = botocore.session.Session()
    session.set_credentials(Signer(0).access_key_id, Signer(0).secret_access_key)
    credentials = session.get_credentials()
    if credentials is None:
        message = "botocore forgot the credentials"
        raise RuntimeError(message)
    client: Any = boto3.Session(botocore_session=session).client("security-ir", region_name=REGION)
    return Caller(client, credentials)


def _answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
    return AWSResponse(request.url, 201, _HEADERS, _Body(_CANNED))
