"""When a signature is good: the window, the forms of the date, and two dates that disagree.

Numbers are those of reliability-and-security §10 A.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from larum.errors import IncompleteSignatureException, InvalidSignatureException
from tests.access.signed_requests import NOW, STAMP, Draft, check, refused


@pytest.mark.parametrize("seconds", [-300, -299, -1, 0, 1, 299, 300])
def test_a_signature_is_good_for_five_minutes_either_way(seconds: int) -> None:
    """A11, A27: accepted within 300 s, again and again: an SDK's retry is the same request."""
    request = Draft().request()
    for _ in range(3):
        assert check(request, now=NOW + timedelta(seconds=seconds)).account == "1" * 12


def test_an_old_signature_has_expired() -> None:
    """A11, A27: 301 s later the text says which time is earlier than which."""
    error = refused(Draft().request(), now=NOW + timedelta(seconds=301))
    assert isinstance(error, InvalidSignatureException)
    assert error.message == (
        "Signature expired: 20261122T120000Z is now earlier than 20261122T120001Z "
        "(20261122T120501Z - 5 min.)"
    )


def test_a_signature_from_the_future_is_not_yet_current() -> None:
    """A11: 301 s earlier the text says which time is later than which."""
    error = refused(Draft().request(), now=NOW - timedelta(seconds=301))
    assert isinstance(error, InvalidSignatureException)
    assert error.message == (
        "Signature not yet current: 20261122T120000Z is still later than 20261122T115959Z "
        "(20261122T115459Z + 5 min.)"
    )


def test_the_window_is_a_setting() -> None:
    """Rule 4: another skew moves the limits and the text."""
    late = NOW + timedelta(seconds=91)
    assert check(Draft().request(), now=late, skew=timedelta(seconds=91)).account == "1" * 12
    error = refused(Draft().request(), now=late, skew=timedelta(seconds=90))
    assert error.message.endswith("- 1.5 min.)")


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-11-22T12:00:00Z",
        "20261122T120000",
        "20261122T120000z",
        "20261122",
        "-20261122T120000Z",
        "20261322T120000Z",
        "20261122T250000Z",
        "00000000T000000Z",
        "２0261122T120000Z".encode().decode("latin-1"),
        "²0261122T120000Z",
        "Sun, 22 Nov 2026 12:00:00 GMT",
        "20261122T120000Z, 20261122T120000Z",
        "",
    ],
)
def test_the_date_is_in_basic_format(stamp: str) -> None:
    """A11: extended form, no zone, impossible dates, other digits and lists are refused."""
    error = refused(Draft(stamp=stamp).request())
    assert isinstance(error, IncompleteSignatureException)
    assert error.message.startswith("Date must be in ISO-8601 'basic format'. Got '")


def test_the_year_9999_is_not_yet_current() -> None:
    """A11: the last year there is neither overflows nor passes."""
    error = refused(Draft(stamp="99991231T235959Z").request())
    assert error.message.startswith("Signature not yet current: 99991231T235959Z")


@pytest.mark.parametrize("form", [STAMP, format_datetime(NOW, usegmt=True)])
def test_the_date_header_will_do(form: str) -> None:
    """Rule 4: without X-Amz-Date, Date counts, in basic format or as HTTP writes it."""
    draft = Draft(date_header="date", names="content-type;date;host")
    headers = (*draft.headers, ("date", form))
    # The string to sign has the basic form, whatever the header has.
    signing = replace(draft, date_header="x-unused", headers=headers)
    assert check(signing.request(), now=NOW).account == "1" * 12


@pytest.mark.parametrize("date", ["Sun, 22 Nov 2026 12:06:00 GMT", "20261122T115000Z"])
def test_two_dates_must_agree(date: str) -> None:
    """A11: a Date that is further from X-Amz-Date than the window is refused."""
    error = refused(Draft(unsigned=(("date", date),)).request())
    assert isinstance(error, InvalidSignatureException)
    assert error.message == "The 'Date' and 'X-Amz-Date' headers disagree."


@pytest.mark.parametrize(
    "date",
    [
        "now",
        "Sun, 22 Nov 2026 12:00:00",
        "Mon, 22 Nov 2026 12:00:00 GMT",
        "Sun, 22 Nov 99999 0 GMT",
    ],
)
def test_a_date_beside_must_be_a_date(date: str) -> None:
    """A11: garbage in Date is refused though X-Amz-Date is right."""
    error = refused(Draft(unsigned=(("date", date),)).request())
    assert isinstance(error, IncompleteSignatureException)


def test_a_proxys_date_is_no_fault() -> None:
    """Rule 4: a Date of the same minute beside X-Amz-Date changes nothing."""
    date = format_datetime(NOW + timedelta(seconds=20), usegmt=True)
    assert check(Draft(unsigned=(("date", date),)).request()).account == "1" * 12
