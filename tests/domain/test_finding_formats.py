"""GuardDuty's findings, the AWS Security Finding Format and events of both become one Finding."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from larum.domain import finding_formats
from larum.domain.finding_facts import Unreadable
from larum.domain.findings import FindingSource, Resource, Severity
from tests.finding_documents import (
    ACCOUNT,
    ATTACKER,
    GUARD_DUTY_EVENT,
    SECURITY_FINDING,
    capitalized,
    event,
    guard_duty,
    security_finding,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def read(document: object) -> Any:  # noqa: ANN401 - one finding, or several
    """Return the findings of a document, one as itself."""
    found = [finding_formats.finding(each) for each in finding_formats.findings(document)]
    return found[0] if len(found) == 1 else found


@pytest.mark.parametrize(
    "document",
    [
        GUARD_DUTY_EVENT,
        capitalized(GUARD_DUTY_EVENT),
        event("aws.guardduty", GUARD_DUTY_EVENT),
        event("aws.guardduty", {"findings": [GUARD_DUTY_EVENT]}),
    ],
    ids=["event's detail", "API", "event", "event with a list"],
)
def test_guard_duty_in_all_its_forms_is_one_finding(document: dict[str, Any]) -> None:
    """The API's capital letters, an event and its detail alone say the same."""
    found = read(document)
    assert found.source is FindingSource.GUARD_DUTY
    assert found.source_id == "16afba5c5c43e07c9e3e5e2e544e95df"
    assert found.types == ("CryptoCurrency:EC2/BitcoinTool.B",)
    assert (found.severity, found.account, found.region) == (Severity.HIGH, ACCOUNT, "us-east-1")
    assert found.resources == (Resource("Instance", "i-0123456789abcdef0"),)
    assert found.services == ("Amazon EC2",)
    assert found.actor_ips == (ATTACKER,)
    assert found.first_seen == datetime(2026, 11, 1, 10, 30, 31, tzinfo=UTC)
    assert not found.is_sample
    assert found.finding_id == read(GUARD_DUTY_EVENT).finding_id


@pytest.mark.parametrize(
    "document",
    [SECURITY_FINDING, event("aws.securityhub", {"findings": [SECURITY_FINDING]})],
    ids=["finding", "event"],
)
def test_security_findings_are_read(document: dict[str, Any]) -> None:
    """Security Hub's format is read alone and in an event."""
    found = read(document)
    assert found.source is FindingSource.SECURITY_HUB
    assert (found.severity, found.account, found.region) == (Severity.HIGH, ACCOUNT, "us-east-1")
    arn = "arn:aws:ec2:us-east-1:123456789012:instance/i-0aaaaaaaaaaaaaaaa"
    assert found.resources == (Resource("AwsEc2Instance", arn),)
    assert found.services == ("Amazon EC2",)
    assert found.actor_ips == ("203.0.113.77", "2001:db8::1")
    assert (found.is_sample, found.is_posture) == (False, False)


def test_several_findings_of_one_event_are_all_read() -> None:
    """A custom action of Security Hub sends several findings in one event."""
    several = [security_finding(number) for number in range(20)]
    found = read(event("aws.securityhub", {"findings": several}))
    assert len({each.finding_id for each in found}) == 20


@pytest.mark.parametrize(
    ("severity", "label"),
    [
        (10, "CRITICAL"), (9.0, "CRITICAL"), (8.9, "HIGH"), (7, "HIGH"), (6.9, "MEDIUM"),
        (4, "MEDIUM"), (3.9, "LOW"), (1, "LOW"), (0.5, "INFORMATIONAL"), (0, "INFORMATIONAL"),
    ],
)  # fmt: skip
def test_guard_duty_severities_have_labels(severity: float, label: str) -> None:
    """The bounds are GuardDuty's published ones."""
    assert read(guard_duty(severity=severity)).severity == label


@pytest.mark.parametrize(
    ("severity", "label"),
    [
        ({"Label": "CRITICAL", "Normalized": 1}, "CRITICAL"),
        ({"Normalized": 90}, "CRITICAL"), ({"Normalized": 89}, "HIGH"),
        ({"Normalized": 70}, "HIGH"),
        ({"Normalized": 69}, "MEDIUM"), ({"Normalized": 40}, "MEDIUM"), ({"Normalized": 39}, "LOW"),
        ({"Normalized": 1}, "LOW"), ({"Normalized": 0}, "INFORMATIONAL"),
    ],
)  # fmt: skip
def test_security_findings_have_labels(severity: dict[str, Any], label: str) -> None:
    """The label counts, and without one the normalized value by Security Hub's own bounds."""
    assert read(security_finding(Severity=severity)).severity == label


@pytest.mark.parametrize(
    "document",
    [
        guard_duty(service={"additionalInfo": {"sample": True}}),
        guard_duty(service={"additionalInfo": {"value": '{"sample": true}', "type": "default"}}),
        capitalized(guard_duty(service={"additionalInfo": {"value": '{"a":1,"sample":true}'}})),
        security_finding(Sample=True),
        security_finding(ProductFields={"aws/guardduty/service/additionalInfo/sample": "true"}),
    ],
)
def test_samples_are_known(document: dict[str, Any]) -> None:
    """A sample is one by its mark, wherever its source writes that."""
    assert read(document).is_sample


@pytest.mark.parametrize(
    "document",
    [
        security_finding(Compliance={"Status": "FAILED"}),
        security_finding(Types=["Software and Configuration Checks/AWS Security Best Practices"]),
    ],
)
def test_posture_is_known(document: dict[str, Any]) -> None:
    """A check of a configuration is told from what somebody did."""
    assert read(document).is_posture


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (17, "not a JSON object"),
        (None, "not a JSON object"),
        ([], "not a JSON object"),
        ({}, "neither"),
        (event("aws.ec2", {}), "another source"),
        ({"source": "aws.guardduty", "detail": 4}, "does not hold"),
        ({"source": "aws.guardduty", "detail": {"findings": []}}, "does not hold"),
        ({"source": "aws.guardduty", "detail": {"findings": [1]}}, "not a finding"),
        ({"source": ["aws.guardduty"], "detail": {}}, "another source"),
        (event("aws.securityhub", {"findings": [security_finding()] * 101}), "1 to 100"),
        (guard_duty(id=""), "Id is not"),
        (guard_duty(id="a\0b"), "Id is not"),
        (guard_duty(id="x" * 513), "Id is not"),
        (guard_duty(type=["a"]), "Type is not"),
        (guard_duty(accountId="12345678901"), "AccountId is not twelve digits"),
        (guard_duty(accountId=123456789012), "AccountId is not twelve digits"),
        (guard_duty(accountId="\u0661" * 12), "AccountId is not twelve digits"),
        (guard_duty(region="the moon"), "Region is not"),
        (guard_duty(severity="8"), "Severity is not a number"),
        (guard_duty(severity=True), "Severity is not a number"),
        (guard_duty(severity=10**40), "Severity is not a number"),
        (guard_duty(severity=-1), "Severity is not a number"),
        (security_finding(Severity={}), "Severity.Normalized is not"),
        (security_finding(Severity=9), "Severity.Normalized is not"),
        (security_finding(Types=None, GeneratorId=None), "GeneratorId"),
    ],
)
def test_what_cannot_be_understood_is_named(document: object, reason: str) -> None:
    """Each fault has a reason, which repeats nothing of the document."""
    with pytest.raises(Unreadable, match=reason):
        read(document)


@pytest.mark.parametrize("wrong", [None, 7, "x", [], [1, None], {"a": {"b": []}}, [[["x"]]]])
def test_members_of_another_type_are_as_if_absent(wrong: object) -> None:
    """Whatever stands where an optional member should be, the finding is read without it."""
    found = read(guard_duty(resource=wrong, service=wrong, title=wrong, createdAt=wrong))
    assert (found.resources, found.actor_ips) == ((), ())
    optional: dict[str, Any] = dict.fromkeys(
        ("Network", "Action", "ThreatIntelIndicators", "Resources", "ProductFields", "Title"), wrong
    )
    assert read(security_finding(**optional)).resources == ()


@pytest.mark.parametrize("document", [GUARD_DUTY_EVENT, SECURITY_FINDING])
def test_whatever_stands_at_any_place_of_a_document_it_is_read_or_unreadable(
    document: dict[str, Any],
) -> None:
    """No single wrong value, however deep, raises anything but Unreadable."""
    for path in _paths(document):
        wrongs: list[object] = [None, 7, "", [], {}, [[]], {"a": {"b": []}}, [{"Type": []}]]
        for wrong in wrongs:
            with suppress(Unreadable):
                read(_with(document, path, wrong))


def _paths(value: object) -> Iterator[tuple[Any, ...]]:
    """Give the place of everything inside `value`."""
    members = value.items() if isinstance(value, dict) else ()
    for name, inside in members or (enumerate(value) if isinstance(value, list) else ()):
        yield (name,)
        yield from ((name, *rest) for rest in _paths(inside))


def _with(document: dict[str, Any], path: tuple[Any, ...], value: object) -> object:
    """Return a copy of `document` that has `value` at `path`."""
    changed = deepcopy(document)
    place: Any = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed


def test_what_is_too_much_is_cut() -> None:
    """A thousand addresses and resources become what a case can take; each counts once."""
    probes = [{"remoteIpDetails": {"ipAddressV4": f"20.1.{n >> 8}.{n & 255}"}} for n in range(1000)]
    action = {"portProbeAction": {"portProbeDetails": [*probes[:5], *probes]}}
    many = [{"arn": f"arn:aws:s3:::bucket{number}"} for number in range(1000)]
    found = read(guard_duty(service={"action": action}, resource={"s3BucketDetails": many}))
    assert len(found.actor_ips) == 195
    assert len(found.resources) == 50
    text = "\x1b[31m\0" + "x" * 100_000
    assert read(guard_duty(title=text)).title == "[31m " + "x" * 250
