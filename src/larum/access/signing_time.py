"""When a request says it was signed, and whether that is near enough to now.

Rows 8 to 10 of reliability-and-security §4.2.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from larum.access.authorization import excerpt
from larum.errors import IncompleteSignatureException, InvalidSignatureException

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

_BASIC = re.compile(r"[0-9]{8}T[0-9]{6}Z")


class SigningTime(NamedTuple):
    """One moment, and the same moment as the string to sign has it: `YYYYMMDDTHHMMSSZ`."""

    moment: datetime
    stamp: str


def read_signing_time(arrived: Mapping[str, str], *, skew: timedelta) -> SigningTime:
    """Return the time in `x-amz-date`, or else in `date` (basic format, or HTTP's own).

    A `date` beside `x-amz-date` may come from a proxy: it must be a date and lie within `skew`.

    Raises:
        IncompleteSignatureException: a date is not in its format.
        InvalidSignatureException: the two disagree.

    """
    plain, amazon = arrived.get("date"), arrived.get("x-amz-date")
    signed = _read_basic(amazon) if amazon is not None else _read_plain(plain or "")
    if amazon is not None and plain is not None:
        apart = _read_plain(plain).moment - signed.moment
        if abs(apart) > skew:
            raise InvalidSignatureException("The 'Date' and 'X-Amz-Date' headers disagree.")
    return signed


@lru_cache(maxsize=1024)
def _read_basic(value: str) -> SigningTime:
    text = value.strip(" \t")
    if not _BASIC.fullmatch(text):
        raise _bad_date(text)
    try:
        moment = datetime(  # numbers, as strptime costs five times as much
            int(text[:4]),
            int(text[4:6]),
            int(text[6:8]),
            int(text[9:11]),
            int(text[11:13]),
            int(text[13:15]),
            tzinfo=UTC,
        )
    except ValueError:
        raise _bad_date(text) from None
    return SigningTime(moment, text)


def _read_plain(value: str) -> SigningTime:
    text = value.strip(" \t")
    if _BASIC.fullmatch(text):
        return _read_basic(text)
    try:
        moment = parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        raise _bad_date(text) from None
    if format_datetime(moment, usegmt=True) != text:
        raise _bad_date(text)
    return SigningTime(moment, stamp_of(moment))


def _bad_date(text: str) -> IncompleteSignatureException:
    return IncompleteSignatureException(
        f"Date must be in ISO-8601 'basic format'. Got '{excerpt(text)}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


def stamp_of(moment: datetime) -> str:
    """Return `moment` (UTC) in ISO 8601's basic format, whole seconds."""
    return f"{moment:%Y%m%dT%H%M%SZ}"


def check_signing_time(signed: SigningTime, *, now: datetime, skew: timedelta) -> None:
    """Refuse a signature that is older or newer than `skew` at `now`; exactly `skew` is taken.

    Raises:
        InvalidSignatureException: too old, or not yet current.

    """
    earliest, latest = now - skew, now + skew
    if earliest <= signed.moment <= latest:
        return
    window = f"{skew.total_seconds() / 60:g} min."
    if signed.moment < earliest:
        raise InvalidSignatureException(
            f"Signature expired: {signed.stamp} is now earlier than {stamp_of(earliest)} "
            f"({stamp_of(now)} - {window})"
        )
    raise InvalidSignatureException(
        f"Signature not yet current: {signed.stamp} is still later than {stamp_of(latest)} "
        f"({stamp_of(now)} + {window})"
    )
