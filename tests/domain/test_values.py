"""Identifiers and times: ordered by time, impossible to guess, in the forms that AWS gives."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from larum.domain import values

MEMBERSHIP_ID = re.compile(r"m-[a-z0-9]{10,32}")
MEMBERSHIP_ARN = re.compile(
    r"arn:aws:security-ir:\w+?-\w+?-\d+:[0-9]{12}:membership/m-[a-z0-9]{10,32}"
)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone
RANDOM = st.binary(min_size=values.RANDOM_BYTES, max_size=values.RANDOM_BYTES)
# 11 digits of base 36 count microseconds until 4 December 6140.
UNTIL_6140 = st.datetimes(datetime(1970, 1, 1), datetime(6140, 12, 4), timezones=st.just(UTC))  # noqa: DTZ001 - as above


@given(MOMENTS)
def test_times_survive_the_store(moment: datetime) -> None:
    """A moment written as microseconds reads back exactly."""
    assert values.moment(values.microseconds(moment)) == moment


@given(MOMENTS)
def test_times_are_one_instant_in_every_zone(moment: datetime) -> None:
    """The same instant in another time zone is the same number."""
    if moment.year in range(2, 9998):
        elsewhere = moment.astimezone(timezone(timedelta(hours=5, minutes=45)))
        assert values.microseconds(elsewhere) == values.microseconds(moment)


@given(st.integers(0, 36**30), st.integers(1, 32))
def test_base36_is_what_int_reads(number: int, width: int) -> None:
    """Digits of the wanted width, padded with zeros or cut to the last, as int(…, 36) reads."""
    text = values.base36(number, width)
    assert len(text) == width
    assert int(text, 36) == number % 36**width


@given(MOMENTS, RANDOM)
def test_membership_id_has_the_models_form(now: datetime, random: bytes) -> None:
    """Every id keeps to the model's pattern, and so does its ARN."""
    made = values.membership_id(now, random)
    assert MEMBERSHIP_ID.fullmatch(made)
    assert len(made) == 32
    assert MEMBERSHIP_ARN.fullmatch(values.membership_arn("us-east-1", "123456789012", made))


@given(UNTIL_6140, UNTIL_6140, RANDOM, RANDOM)
def test_membership_ids_are_ordered_by_time(
    one: datetime, other: datetime, random: bytes, more: bytes
) -> None:
    """Of two ids the later one's sorts after, whatever the random part; so lists are by time."""
    earlier, later = sorted((one, other))
    if earlier != later:
        assert values.membership_id(earlier, random) < values.membership_id(later, more)


@given(MOMENTS, RANDOM, RANDOM)
def test_membership_ids_hold_98_random_bits(now: datetime, random: bytes, more: bytes) -> None:
    """Two ids of the same microsecond differ where their random numbers do, modulo 36^19."""
    digits = 36**values.RANDOM_DIGITS
    assert math.log2(digits) > 98
    same = int.from_bytes(random) % digits == int.from_bytes(more) % digits
    assert (values.membership_id(now, random) == values.membership_id(now, more)) == same


@given(MOMENTS, RANDOM)
def test_event_id_is_a_uuid_of_version_7(now: datetime, random: bytes) -> None:
    """An event's id is a UUID of version 7: milliseconds first, 62 random bits (RFC 9562, 5.7)."""
    tick = values.ticks(now)
    made = UUID(values.event_id(tick, random))
    assert str(made) == values.event_id(tick, random)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == values.microseconds(now) // 1000
    kept = made.int & ((1 << 62) - 1)
    assert kept == int.from_bytes(random) & ((1 << 62) - 1)
    assert values.tick_of(str(made)) == tick


@given(MOMENTS, st.integers(1, 1 << 20), RANDOM, RANDOM)
def test_event_ids_sort_by_their_tick(
    now: datetime, more: int, random: bytes, other: bytes
) -> None:
    """A later tick's id sorts after, whatever is random; a microsecond is at least four ticks."""
    tick = values.ticks(now)
    assert values.event_id(tick, random) < values.event_id(tick + more, other)
    assert values.ticks(now + timedelta(microseconds=1)) - tick in {4, 5}


@given(RANDOM)
def test_organization_ids_have_the_forms_of_aws_organizations(random: bytes) -> None:
    """Organization and root ids keep to the patterns of AWS Organizations."""
    assert re.fullmatch(r"o-[a-z0-9]{10,32}", values.organization_id(random))
    assert re.fullmatch(r"r-[0-9a-z]{4,32}", values.organization_root_id(random))


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(2026, 11, 1, 12, 34, 56, 789_001, tzinfo=UTC), 1_793_536_496_789_001),
    ],
)
def test_microseconds_of_known_times(moment: datetime, number: int) -> None:
    """Known times are known numbers: no float rounds them."""
    assert values.microseconds(moment) == number
