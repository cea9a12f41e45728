"""Token buckets: exact rates, a bounded table, and clocks that do not behave."""

from __future__ import annotations

import math
import sys
import threading

import pytest

from larum.access.throttle import MODES, BucketTable, FailureLimit, Rate, Throttle
from larum.errors import ThrottlingException

ONE = Rate("one", 1, 2)


def admitted(throttle: Throttle, operation: str, times: list[float], account: str = "1") -> int:
    """Return how many of the calls at `times` are admitted."""
    count = 0
    for now in times:
        try:
            throttle.take(account, "us-east-1", operation, now)
        except ThrottlingException:
            continue
        count += 1
    return count


@pytest.mark.parametrize("start", [0.0, 1e9])
@pytest.mark.parametrize(
    ("mode", "operation", "per_second"),
    [
        ("aws", "CreateMembership", 1),
        ("aws", "GetCaseAttachmentDownloadUrl", 1),
        ("aws", "TagResource", 1),
        ("aws", "GetMembership", 5),
        ("aws", "ListTagsForResource", 5),
        ("aws", "GetFindingMetrics", 5),
        ("standard", "CreateMembership", 300),
        ("standard", "GetMembership", 1000),
    ],
)
def test_rates_are_exact(mode: str, operation: str, per_second: int, start: float) -> None:
    """G25: over 60 s at four times the rate, what passes is the rate, within 5 %."""
    step = 1 / (4 * per_second)
    times = [start + number * step for number in range(240 * per_second)]
    count = admitted(Throttle(MODES[mode]), operation, times)
    assert 60 * per_second <= count <= 60 * per_second * 1.05


def test_the_burst_is_twice_the_rate() -> None:
    """§11 row 22: at one instant twice the rate passes, and no more."""
    throttle = Throttle(MODES["aws"])
    assert admitted(throttle, "CreateMembership", [7.0] * 10) == 2
    assert admitted(throttle, "GetMembership", [7.0] * 30) == 10


def test_a_refusal_names_the_time_of_the_next_call() -> None:
    """The next call is admitted after the milliseconds that were told, and not one before."""
    throttle = Throttle(MODES["aws"])
    admitted(throttle, "CreateMembership", [0.0, 0.0])
    with pytest.raises(ThrottlingException) as caught:
        throttle.take("1", "us-east-1", "CreateMembership", 0.25)
    assert caught.value.retry_after_ms == 750
    assert caught.value.quota_code == "LARUM-THROTTLE-CREATEMEMBERSHIP"
    assert admitted(throttle, "CreateMembership", [0.999]) == 0
    assert admitted(throttle, "CreateMembership", [1.0]) == 1


def test_refused_calls_cost_nothing() -> None:
    """A client that keeps calling is not locked out by its own refusals."""
    throttle = Throttle(MODES["aws"])
    admitted(throttle, "CreateMembership", [0.0] * 1000)
    assert admitted(throttle, "CreateMembership", [1.0, 2.0, 3.0]) == 3


def test_aws_counts_each_operation_account_and_region_alone() -> None:
    """§3.1: another operation, account or Region has its own bucket."""
    throttle = Throttle(MODES["aws"])
    assert admitted(throttle, "CreateMembership", [0.0] * 5) == 2
    assert admitted(throttle, "UpdateMembership", [0.0] * 5) == 2
    assert admitted(throttle, "CreateMembership", [0.0] * 5, account="2") == 2
    throttle.take("1", "eu-west-1", "CreateMembership", 0.0)


def test_standard_shares_one_bucket_for_reads_and_one_for_writes() -> None:
    """contracts.md: all writes of an account and Region together, all reads together."""
    throttle = Throttle(MODES["standard"])
    assert admitted(throttle, "CreateMembership", [0.0] * 1000) == 600
    assert admitted(throttle, "TagResource", [0.0]) == 0
    assert admitted(throttle, "GetMembership", [0.0] * 3000) == 2000
    assert admitted(throttle, "ListTagsForResource", [0.0]) == 0


def test_an_operation_in_no_list_is_not_free() -> None:
    """An operation that nobody gave a rate counts as a write."""
    for mode in ("aws", "standard"):
        assert admitted(Throttle(MODES[mode]), "NewOperation", [0.0] * 1000) == 600


def test_off_admits_everything_and_keeps_nothing() -> None:
    """`off` neither refuses nor remembers."""
    throttle = Throttle(MODES["off"])
    assert admitted(throttle, "CreateMembership", [0.0] * 5000) == 5000
    assert len(throttle._buckets) == 0


def test_every_operation_of_the_service_has_a_rate() -> None:
    """Both tables name the 25 operations, and nothing else."""
    import botocore.session

    model = botocore.session.get_session().get_service_model("security-ir")
    for mode in ("aws", "standard"):
        assert set(model.operation_names) <= set(MODES[mode].rates)
        assert len(MODES[mode].rates) == 25


def test_a_clock_that_goes_back_refills_nothing() -> None:
    """After any step back no call is given away, and time goes on at its usual pace."""
    for step in (0.5, 3600.0, 1e12):
        table = BucketTable()
        assert [table.take("a", ONE, 5000.0) for _ in range(3)] == [0.0, 0.0, 1.0]
        assert table.take("a", ONE, 5000.0 - step) == 1.0
        later = 5000.0 - step + (1.0 if step > 1 else 1.0 + step)
        assert table.take("a", ONE, later) == 0.0
        assert table.take("a", ONE, later) > 0.0


def test_a_clock_that_swings_gives_no_more_than_the_rate() -> None:
    """Forwards and backwards again and again: never more than the time that really passed."""
    throttle = Throttle(MODES["aws"])
    times = [1000.0 + (number % 7) * 0.1 + number * 0.01 for number in range(2000)]
    assert admitted(throttle, "CreateMembership", times) <= 2 + 21


def test_the_table_is_bounded() -> None:
    """However many accounts call, no more buckets are kept than the bound."""
    table = BucketTable(100)
    for number in range(10_000):
        table.take(number, ONE, number * 0.001)
        assert len(table) <= 100
    assert len(table._soonest) == len(table)


def test_an_idle_bucket_goes_before_one_in_use() -> None:
    """While a full bucket exists, one that still limits its account is never dropped."""
    table = BucketTable(100)
    for number in range(99):
        table.take(number, ONE, 0.0)
    for number in range(50):
        table.take(number, ONE, 1.5)
        table.take(number, ONE, 1.5)
    spent = [number for number in range(99) if table.wait(number, ONE, 1.5) > 0]
    assert spent == list(range(50))
    for stranger in range(1000, 1050):
        table.take(stranger, ONE, 1.5)
    assert [number for number in range(99) if table.wait(number, ONE, 1.5) > 0] == spent


def test_without_an_idle_bucket_the_one_that_is_full_first_goes() -> None:
    """When all are in use, what is dropped is what would have mattered least."""
    table = BucketTable(3)
    for key, calls in (("a", 2), ("b", 1), ("c", 2)):
        for _ in range(calls):
            table.take(key, ONE, 0.0)
    table.take("d", ONE, 0.0)
    assert set(table._full_at) == {"a", "c", "d"}


def test_threads_share_a_bucket_exactly() -> None:
    """Eight threads at once take what one would have."""
    table, rate, taken = BucketTable(), Rate("many", 10_000, 10_000), []

    def call() -> None:
        taken.append(sum(table.take("a", rate, 1.0) == 0.0 for _ in range(2500)))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert sum(taken) == 10_000


def test_failed_authentications_are_limited_for_their_source_and_key() -> None:
    """Rule 11: ten a second, after a burst of twenty; others are not touched."""
    limit = FailureLimit()
    failures = 0
    for number in range(400):
        now = number * 0.01
        try:
            limit.check("192.0.2.1", "AKID", now)
        except ThrottlingException:
            continue
        limit.record("192.0.2.1", "AKID", now)
        failures += 1
    assert math.isclose(failures, 20 + 40, abs_tol=1)
    with pytest.raises(ThrottlingException) as caught:
        limit.check("192.0.2.1", "AKID", 3.995)
    assert 0 < caught.value.retry_after_ms <= 100
    limit.check("192.0.2.2", "AKID", 4.0)
    limit.check("192.0.2.1", "OTHER", 4.0)


def test_looking_is_not_failing() -> None:
    """Rule 11: requests that succeed are checked and never counted."""
    limit = FailureLimit()
    for _ in range(1000):
        limit.check("192.0.2.1", "AKID", 0.0)
    assert len(limit._buckets) == 0
