"""Which findings belong to one case."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from larum.domain import finding_formats
from larum.domain.findings import Finding, FindingStatus, Outcome, Resource, TriagedFinding
from larum.domain.related_findings import (
    Grouping,
    case_address,
    description,
    is_public,
    marks,
    title,
)
from tests.finding_documents import guard_duty

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def found(number: int, *, resource: str = "", ip: str = "", account: str = "") -> TriagedFinding:
    """Return an escalated finding with these things to share."""
    finding = replace(
        finding_formats.finding(guard_duty(number)),
        resources=(Resource("Instance", resource),) if resource else (),
        actor_ips=(ip,) if ip else (),
    )
    finding = replace(finding, account=account or finding.account)
    return TriagedFinding(finding, Outcome.ESCALATE, FindingStatus.ESCALATED, NOW)


def groups(*findings: TriagedFinding) -> list[list[int]]:
    """Return the places of the findings that would open a case together."""
    grouping = Grouping({})
    for each in findings:
        grouping.add(each)
    return [[findings.index(each) for each in group] for group in grouping.opening]


def test_one_resource_of_one_account_relates() -> None:
    """The same resource relates; the same name in another account does not."""
    assert groups(found(1, resource="i-1"), found(2, resource="i-1")) == [[0, 1]]
    elsewhere = found(2, resource="i-1", account="000000000001")
    assert groups(found(1, resource="i-1"), elsewhere) == [[0], [1]]


def test_one_public_address_relates_across_accounts() -> None:
    """An attacker's address relates findings of different accounts and resources."""
    first = found(1, resource="i-1", ip="198.51.100.1")
    second = found(2, resource="i-2", ip="198.51.100.1", account="000000000001")
    assert groups(first, second, found(3, ip="198.51.100.2")) == [[0, 1], [2]]


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.31.0.1", "192.168.0.1", "127.0.0.1", "100.64.0.1", "169.254.169.254",
     "::1", "::", "fd00::1", "fe80::1", "0.1.2.3"],
)  # fmt: skip
def test_an_address_of_everybody_relates_nothing(address: str) -> None:
    """Private, shared, loopback and link-local addresses are used by many at once."""
    assert not is_public(address)
    assert groups(found(1, ip=address), found(2, ip=address)) == [[0], [1]]


def test_what_relates_reaches_on() -> None:
    """A finding that shares something with a group brings what else it has into it."""
    chain = [
        found(1, resource="i-1"),
        found(2, resource="i-1", ip="198.51.100.1"),
        found(3, resource="i-3", ip="198.51.100.1"),
    ]
    assert groups(*chain) == [[0, 1, 2]]


def test_an_open_case_is_joined() -> None:
    """A mark of an open case wins, and later findings of the batch follow."""
    first = found(1, resource="i-1", ip="198.51.100.1")
    grouping = Grouping({marks(first.finding)[0]: "0000000001"})
    later = found(2, resource="i-2", ip="198.51.100.1")
    grouping.add(first)
    grouping.add(later)
    assert (grouping.joining, grouping.opening) == ({"0000000001": [first, later]}, [])


def test_without_anything_to_share_each_stands_alone() -> None:
    """Findings without a resource or an address are related to nothing."""
    assert groups(found(1), found(2)) == [[0], [1]]


def test_the_texts_of_a_case_fit_its_limits() -> None:
    """Title and description have what the model allows, however many and long the findings."""
    one = finding_formats.finding(guard_duty(1))
    many: list[Finding] = [
        replace(one, title="t" * 256, description="d" * 1024, types=("T" * 512,),
                resources=(Resource("Instance", "r" * 512),) * 9)
    ] * 500  # fmt: skip
    assert len(title(many)) <= 300
    assert title(many).startswith("[Proactive case] ttt")
    assert len(description(many)) <= 8000
    assert description([one]).startswith("Opened for 1 finding.")


def test_addresses_are_written_as_the_model_wants_them() -> None:
    """IPv4 as it is; IPv6 in eight groups and upper case."""
    assert case_address("198.51.100.1") == "198.51.100.1"
    assert case_address("2001:db8::1") == "2001:0DB8:0000:0000:0000:0000:0000:0001"
