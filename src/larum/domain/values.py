"""Identifiers and times, made from values that are passed in: the same input, the same id.

Forms: `contracts.md`, "Identifiers and answers". Ids begin with the time, so that an index on them
only ever grows at its end, and end with random digits that nobody can guess.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# Two digits at once: the ids are made on the way of every creation.
PAIRS = tuple(high + low for high in DIGITS for low in DIGITS)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TIME_DIGITS = 11
RANDOM_DIGITS = 19
RANDOM_BYTES = 16
_VARIANTS = "89ab"
CASE_DIGITS = 10
TICKS = 4096


def microseconds(moment: datetime) -> int:
    """Return `moment` (UTC) as whole microseconds since 1970: how the store keeps time."""
    return (moment - EPOCH) // MICROSECOND


def moment(microseconds_since_1970: int) -> datetime:
    """Return the UTC datetime that `microseconds` was made from."""
    return EPOCH + MICROSECOND * microseconds_since_1970


def base36(number: int, width: int) -> str:
    """Write `number` (not negative) in base 36, padded with zeros or cut to its last digits."""
    pairs = []
    for _ in range((width + 1) // 2):
        number, pair = divmod(number, len(PAIRS))
        pairs.append(PAIRS[pair])
    return "".join(reversed(pairs))[-width:]


def membership_id(now: datetime, random: bytes) -> str:
    """Return `m-`, 11 digits of time and 19 of `random` (16 bytes), which hold 98 bits."""
    return f"m-{_of_its_time(now, random)}"


def investigation_id(now: datetime, random: bytes) -> str:
    """Return `inv-` and 30 digits, made as those of a membership's id."""
    return f"inv-{_of_its_time(now, random)}"


def _of_its_time(now: datetime, random: bytes) -> str:
    time_part = base36(microseconds(now), TIME_DIGITS)
    return f"{time_part}{base36(int.from_bytes(random), RANDOM_DIGITS)}"


def case_id(random: bytes) -> str:
    """Return ten digits out of `random` (16 bytes); nothing makes them unique."""
    return f"{int.from_bytes(random) % 10**CASE_DIGITS:0{CASE_DIGITS}d}"


def ticks(now: datetime) -> int:
    """Return `now` in 4096ths of a millisecond since 1970, as an event's id tells it."""
    return microseconds(now) * TICKS // 1000


def event_id(tick: int, random: bytes) -> str:
    """Return a UUID of version 7 (RFC 9562): 60 bits of time, then 62 of `random` (16 bytes).

    The first 48 bits of `tick` are milliseconds and the other 12 a part of one, which takes the
    place of random bits (RFC 9562 §6.2, method 3): a greater tick gives an id that sorts after.
    """
    milliseconds, part = divmod(tick, TICKS)
    tail = 0x2 << 62 | int.from_bytes(random) & (1 << 62) - 1
    return _dashed(f"{milliseconds:012x}7{part:03x}{tail:016x}")


def tick_of(event_id: str) -> int:
    """Return the tick that `event_id` was made from."""
    digits = event_id.replace("-", "")
    return int(digits[:12], 16) * TICKS + int(digits[13:16], 16)


def request_id(random: bytes) -> str:
    """Return a UUID of version 4 (RFC 9562) of `random` (16 bytes)."""
    digits = random.hex()
    # Written out, as uuid.UUID takes four times as long and every request has one.
    return _dashed(f"{digits[:12]}4{digits[13:16]}{_VARIANTS[random[8] >> 4 & 3]}{digits[17:]}")


def _dashed(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def organization_id(random: bytes) -> str:
    """Return an organization's id: `o-` and ten digits, as AWS Organizations writes them."""
    return f"o-{base36(int.from_bytes(random), 10)}"


def organization_root_id(random: bytes) -> str:
    """Return the id of an organization's root: `r-` and four digits."""
    return f"r-{base36(int.from_bytes(random), 4)}"


def unit_id(root_id: str, random: bytes) -> str:
    """Return an organizational unit's id beneath the root `root_id`: `ou-`, the root, 8 digits."""
    return f"ou-{root_id.removeprefix('r-')}-{base36(int.from_bytes(random), 8)}"


def membership_arn(region: str, account: str, identifier: str) -> str:
    """Return a membership's ARN; `identifier` may be `*`."""
    return f"arn:aws:security-ir:{region}:{account}:membership/{identifier}"


def case_arn(region: str, account: str, identifier: str) -> str:
    """Return a case's ARN; `identifier` may be `*`."""
    return f"arn:aws:security-ir:{region}:{account}:case/{identifier}"
