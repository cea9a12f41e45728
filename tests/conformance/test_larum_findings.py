"""IngestFindings, ListFindings, GetFinding, AdvanceFindings and the proactive cases behind them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import larum
from larum.settings import Settings
from tests.conformance.instances import fresh_account
from tests.conformance.larum_clients import larum_client, member, members
from tests.conformance.page import refusal_of, smallest
from tests.conformance.triaged import Triaged
from tests.edge.larum_servers import ADMINISTRATOR
from tests.finding_documents import (
    address,
    capitalized,
    event,
    guard_duty,
    security_finding,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.instances import Instance

NOTHING = {
    "ingestedCount": 0,
    "escalatedCount": 0,
    "duplicateCount": 0,
    "sampleCount": 0,
    "postureCount": 0,
    "notCoveredCount": 0,
    "failures": [],
}
DEEP = "[" * 100_000 + "]" * 100_000
TWICE = '{"accountId": "000000000000", "accountId": "%s", %s'


@pytest.fixture
def triaged() -> Iterator[Triaged]:
    """A membership in a service of its own."""
    with larum.Service() as service, Triaged(service, ADMINISTRATOR) as made:
        yield made


def test_findings_of_all_forms_are_taken_in(connect: Instance, account: str) -> None:
    """Each form through either door: what is new, once; what is not understood, by its place."""
    with Triaged(connect, account) as triaged:
        several = {"findings": [security_finding(n, AwsAccountId=account) for n in (4, 5)]}
        given = [
            *triaged.own(guard_duty(1), security_finding(2)),
            *texts(
                capitalized(guard_duty(3, accountId=account)),
                event("aws.securityhub", several),
                event("aws.guardduty", guard_duty(1, accountId=account)),
                {"what": "is this"},
            ),
            "not JSON",
        ]
        answer = triaged.ingest_texts(given)
        failures = answer.pop("failures")
        assert [each["index"] for each in failures] == [5, 6]
        assert answer == {
            **{name: 0 for name in NOTHING if name != "failures"},
            "ingestedCount": 5,
            "escalatedCount": 5,
            "duplicateCount": 1,
        }
        listed = triaged.findings()
        assert [each["source"] for each in listed] == [
            "GuardDuty", "SecurityHub", "GuardDuty", "SecurityHub", "SecurityHub"
        ]  # fmt: skip
        found = triaged.administrator.get_finding(**triaged.where, findingId=listed[0]["findingId"])
        assert json.loads(found["document"]) == guard_duty(1, accountId=account)
        again = triaged.ingest_texts(given)
        assert (again["ingestedCount"], again["duplicateCount"]) == (0, 6)
        assert again["failures"] == failures
        assert triaged.findings() == listed


def test_an_escalated_finding_opens_a_proactive_case(connect: Instance, account: str) -> None:
    """The case has what the finding has, the tag, one edit and one event; AWS resolves it."""
    with Triaged(connect, account) as triaged:
        triaged.ingest(guard_duty(7))
        (case,) = triaged.cases()
        assert case["title"].startswith("[Proactive case] The EC2 instance")
        assert (case["resolverType"], case["caseStatus"]) == ("AWS", "Submitted")
        assert case["engagementType"] == "Security Incident"
        assert case["impactedAccounts"] == [account]
        assert case["impactedAwsRegions"] == [{"region": "us-east-1"}]
        assert case["impactedServices"] == ["Amazon EC2"]
        assert case["threatActorIpAddresses"] == [{"ipAddress": address(7)}]
        first_seen = datetime(2026, 11, 1, 10, 30, 31, tzinfo=UTC)
        assert case["reportedIncidentStartDate"] == first_seen
        arn, case_id = case["caseArn"], case["caseId"]
        tags = triaged.holder.list_tags_for_resource(resourceArn=arn)["tags"]
        assert tags == {"SecurityIncidentResponseManaged": "true"}
        (edit,) = triaged.holder.list_case_edits(caseId=case_id)["items"]
        assert (edit["action"], edit["principal"]) == ("Create case", "security-ir.amazonaws.com")
        (found,) = triaged.findings(caseId=case_id)
        assert (found["status"], found["outcome"], found.get("rule")) == (
            "Escalated", "escalate", None
        )  # fmt: skip
        entries = triaged.administrator.get_paginator("list_outbox_entries").paginate()
        events = [
            each["type"]
            for page in entries
            for each in page["items"]
            if each["resourceArn"] == arn and each["kind"] == "event"
        ]
        assert events == ["Case Created"]


def test_a_related_finding_joins_the_open_case(connect: Instance, account: str) -> None:
    """The same actor elsewhere joins, with an edit; after the case is Closed another one opens."""
    with Triaged(connect, account) as triaged:
        triaged.ingest(guard_duty(1))
        other = security_finding(2, Region="eu-west-1")
        other["Network"]["SourceIpV4"] = address(1)
        other["ThreatIntelIndicators"] = [{"Type": "IPV6_ADDRESS", "Value": "2001:db8::a"}]
        triaged.ingest(other)
        (case,) = triaged.cases()
        assert case["impactedAwsRegions"] == [{"region": "us-east-1"}, {"region": "eu-west-1"}]
        assert [each["ipAddress"] for each in case["threatActorIpAddresses"]] == [
            address(1), "2001:0DB8:0000:0000:0000:0000:0000:000A"
        ]  # fmt: skip
        edits = triaged.holder.list_case_edits(caseId=case["caseId"])["items"]
        assert [each["action"] for each in edits] == ["Create case", "Update case"]
        assert len(triaged.findings(caseId=case["caseId"])) == 2
        triaged.holder.close_case(caseId=case["caseId"])
        triaged.ingest(guard_duty(3, resource=guard_duty(1)["resource"]))
        assert len(triaged.cases()) == 2


def test_related_findings_of_one_call_open_one_case(triaged: Triaged) -> None:
    """Findings of one resource are one case with one edit; others get their own."""
    same = guard_duty(1)["resource"]
    triaged.ingest(*[guard_duty(n, resource=same) for n in range(2, 12)], guard_duty(20))
    assert len(triaged.cases()) == 2
    ids = {each["caseId"] for each in triaged.findings()[:10]}
    assert len(ids) == 1
    (edit,) = triaged.holder.list_case_edits(caseId=ids.pop())["items"]
    assert edit["message"] == "Opened the case for 10 findings."


@pytest.mark.parametrize(
    ("code", "statuses"),
    [
        ("False Positive", ["EscalatedFalsePositive", "EscalatedTruePositive"]),
        ("Investigation Completed", ["EscalatedTruePositive", "EscalatedTruePositive"]),
        ("Not Resolved", ["EscalatedTruePositive", "EscalatedTruePositive"]),
        ("Duplicate", ["EscalatedTruePositive", "EscalatedTruePositive"]),
    ],
)
def test_the_closure_code_is_said_of_the_findings(
    triaged: Triaged, code: str, statuses: list[str]
) -> None:
    """A case closed with a code decides on its findings, but not on what was decided before."""
    triaged.ingest(guard_duty(1), guard_duty(2, resource=guard_duty(1)["resource"]))
    (case,) = triaged.cases()
    triaged.advance("TruePositive", triaged.findings()[1]["findingId"])
    triaged.administrator.close_case(**triaged.where, caseId=case["caseId"], closureCode=code)
    assert triaged.statuses() == statuses
    now = datetime.now(UTC)
    numbers = triaged.holder.get_finding_metrics(
        membershipId=triaged.id, startDate=now - timedelta(days=1), endDate=now
    )
    false = statuses.count("EscalatedFalsePositive")
    assert numbers["findingsEscalatedFalsePositive"] == false
    assert numbers["findingsTruePositive"] == 2 - false
    assert numbers["findingsEscalatedInProgress"] == 0


def test_a_case_closed_without_a_code_says_nothing(triaged: Triaged) -> None:
    """The customer's CloseCase leaves the findings as they are."""
    triaged.ingest(guard_duty(1))
    triaged.holder.close_case(caseId=triaged.cases()[0]["caseId"])
    assert triaged.statuses() == ["Escalated"]


def test_findings_advance_and_are_counted(connect: Instance, account: str) -> None:
    """A responder's word moves a finding; what it cannot be is told by its id."""
    with Triaged(connect, account) as triaged:
        triaged.ingest(guard_duty(1, severity=5), guard_duty(2, severity=5), guard_duty(3))
        first, second, third = (each["findingId"] for each in triaged.findings())
        nobody = "f-" + "0" * 26
        answer = triaged.advance("FalsePositive", first, nobody, first)
        assert answer == {
            "changedCount": 1,
            "failures": [{"findingId": nobody, "reason": "The membership has none such."}],
        }
        assert triaged.advance("FalsePositive", first)["changedCount"] == 0
        assert triaged.advance("Escalated", second) == {"changedCount": 1, "failures": []}
        refused = triaged.advance("Escalated", first)
        assert [each["findingId"] for each in refused["failures"]] == [first]
        assert triaged.advance("TruePositive", third)["changedCount"] == 1
        assert triaged.statuses() == [
            "InvestigatedFalsePositive", "Escalated", "EscalatedTruePositive"
        ]  # fmt: skip
        assert len(triaged.cases()) == 2
        assert triaged.findings()[1]["caseId"] in {each["caseId"] for each in triaged.cases()}


def test_beyond_the_quota_a_finding_waits_for_its_case(triaged: Triaged) -> None:
    """Nothing is lost: the finding stays escalated, and gets its case when there is room."""
    quota = {"activeServiceManagedCases": 1}
    triaged.administrator.apply_directory(directory={"limits": quota})
    assert triaged.ingest(guard_duty(1), guard_duty(2))["escalatedCount"] == 2
    first, second = triaged.findings()
    assert ("caseId" in first, "caseId" in second) == (True, False)
    joining = triaged.ingest(guard_duty(3, resource=guard_duty(1)["resource"]))
    assert joining["escalatedCount"] == 1
    assert triaged.findings()[2]["caseId"] == first["caseId"]
    triaged.holder.close_case(caseId=first["caseId"])
    triaged.ingest(guard_duty(4, severity=2))
    waited = triaged.findings()[1]
    assert (waited["status"], "caseId" in waited) == ("Escalated", True)
    assert len(triaged.cases()) == 2


def test_the_sweep_opens_what_waited() -> None:
    """Without another call the server itself tries again, once there is room."""
    with larum.Service() as service, Triaged(service, ADMINISTRATOR) as triaged:
        quota = {"activeServiceManagedCases": 0}
        triaged.administrator.apply_directory(directory={"limits": quota})
        triaged.ingest(guard_duty(1), guard_duty(2))
        assert service.sweep() == 0
        quota["activeServiceManagedCases"] = 1
        triaged.administrator.apply_directory(directory={"limits": quota})
        assert (service.sweep(), service.sweep()) == (1, 0)
        assert [("caseId" in each) for each in triaged.findings()] == [True, False]


def test_a_membership_whose_findings_cannot_be_placed_stops_no_other_chore() -> None:
    """The sweep places each membership's findings apart, after everything else that is due."""
    with larum.Service() as service, Triaged(service, fresh_account()) as triaged:
        limits = {"limits": {"activeServiceManagedCases": 0}}
        triaged.administrator.apply_directory(directory=limits)
        with Triaged(service, fresh_account()) as other:
            for each in (triaged, other):
                each.ingest(guard_duty(1))
            triaged.administrator.apply_directory(
                directory={"limits": {"activeServiceManagedCases": 1}}
            )
            damage = "UPDATE findings SET facts = '' WHERE account = :account"
            last = {"account": max(triaged.account, other.account)}
            service.engine.write(lambda tx: tx.change(damage, last))
            with pytest.raises(msgspec.DecodeError):
                service.sweep()
            first = min((triaged, other), key=lambda each: each.account)
            assert ["caseId" in each for each in first.findings()] == [True]


def test_what_is_not_for_triage_is_dropped_and_counted(triaged: Triaged) -> None:
    """Samples, posture and accounts that are not covered are told apart, and nothing is kept."""
    answer = triaged.ingest_texts(
        texts(
            guard_duty(1, service={"additionalInfo": {"sample": True}}),
            security_finding(2, Compliance={"Status": "FAILED"}),
            guard_duty(3, accountId="999988887777"),
        )
    )
    assert answer == NOTHING | {"sampleCount": 1, "postureCount": 1, "notCoveredCount": 1}
    assert triaged.findings() == []


def test_only_covered_accounts_count() -> None:
    """A member account counts from when it is covered."""
    with larum.Service() as service:
        administrator = larum_client(service)
        administrator.apply_directory(directory=members(2, units=1))
        administrator.close()
        with Triaged(service, ADMINISTRATOR) as triaged:
            shop = texts(guard_duty(1, accountId=member(0)["id"]))
            assert triaged.ingest_texts(shop) == NOTHING | {"notCoveredCount": 1}
            triaged.administrator.associate_member_accounts(
                **triaged.where, membershipId=triaged.id, accountIds=[member(0)["id"]]
            )
            assert triaged.ingest_texts(shop)["ingestedCount"] == 1
            assert triaged.cases()[0]["impactedAccounts"] == [member(0)["id"]]


@pytest.mark.parametrize("more", [{}, {"isEnabled": False}])
def test_without_triage_it_is_a_conflict(
    connect: Instance, account: str, more: dict[str, Any]
) -> None:
    """A membership that did not ask for Triage, or switched it off, takes no findings."""
    features = [{"featureName": "Triage"} | more] if more else []
    client, administrator = connect.client(account=account), larum_client(connect)
    chosen: dict[str, Any] = {"optInFeatures": features} if features else {}
    made = client.create_membership(**smallest(**chosen))["membershipId"]
    with pytest.raises(administrator.exceptions.ConflictException) as caught:
        administrator.ingest_findings(
            accountId=account, region="us-east-1", findings=texts(guard_duty())
        )
    told = refusal_of(caught.value)
    assert (told["resourceType"], told["resourceId"]) == ("Membership", made)
    client.close()
    administrator.close()


def test_without_a_membership_the_service_is_not_active(connect: Instance, account: str) -> None:
    """An account without an Active membership in that Region takes no findings."""
    administrator = larum_client(connect)
    with pytest.raises(administrator.exceptions.SecurityIncidentResponseNotActiveException):
        administrator.ingest_findings(
            accountId=account, region="us-east-1", findings=texts(guard_duty())
        )
    administrator.close()


def test_accounts_do_not_see_each_other(connect: Instance, account: str) -> None:
    """The same finding counts for each membership by itself, and each sees its own cases alone."""
    with Triaged(connect, account) as one, Triaged(connect, fresh_account()) as other:
        one.ingest(guard_duty(1))
        assert (other.findings(), other.cases()) == ([], [])
        assert other.ingest(guard_duty(1))["ingestedCount"] == 1
        assert len(one.cases()) == len(other.cases()) == 1
        mine = one.findings()[0]["findingId"]
        other.advance("FalsePositive", mine)
        assert one.statuses() == ["Escalated"]
        with pytest.raises(one.holder.exceptions.ResourceNotFoundException):
            other.holder.get_case(caseId=one.cases()[0]["caseId"])


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        (DEEP, False),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, False),
        ("", False),
        ("\0", False),
        ('{"accountId": "\\ud800"}', False),
        ("{" + '"n": 1e999,' * 3 + '"x": 2}', False),
        (TWICE % (ADMINISTRATOR, json.dumps(guard_duty(1) | {"n": 10**300})[24:]), None),
        (json.dumps(guard_duty(1) | {"deep": [[[[[[[[[{"a": "\0"}]]]]]]]]]}), True),
        (json.dumps(guard_duty(1) | {"title": "\0\x1b]0;\u202e"}), True),
        (json.dumps(guard_duty(1) | {"x": "\N{FIRE}" * 10_000}), True),
    ],
    ids=["deep", "deep objects", "empty", "NUL", "surrogate", "infinity", "huge number",
         "NUL inside", "controls", "long"],
)  # fmt: skip
def test_hostile_documents_harm_no_other(text: str, is_taken: bool | None) -> None:  # noqa: FBT001 - a table
    """Whatever a document holds, the one beside it is taken and the call is answered."""
    with larum.Service() as service, Triaged(service, ADMINISTRATOR) as triaged:
        given = [text, *texts(guard_duty(2))] if text else texts(guard_duty(2))
        answer = triaged.ingest_texts(given)
        failed = [each["index"] for each in answer["failures"]]
        if is_taken is not None and text:
            assert failed == ([] if is_taken else [0])
        assert answer["ingestedCount"] == len(given) - len(failed)
        for each in triaged.findings():
            found = triaged.administrator.get_finding(**triaged.where, findingId=each["findingId"])
            json.loads(found["document"])
            assert "\0" not in found["title"]


def test_more_than_a_hundred_findings_are_told(triaged: Triaged) -> None:
    """Events with several findings count as such: what is beyond 100 is told by its place."""
    several = event("aws.securityhub", {"findings": [security_finding(n) for n in range(99)]})
    answer = triaged.ingest_texts(texts(several, *[guard_duty(n) for n in range(3)]))
    assert answer["ingestedCount"] == 100
    assert [each["index"] for each in answer["failures"]] == [2, 3]


def test_lists_page_and_filter(connect: Instance, account: str) -> None:
    """Pages give every finding once, newest first, of one status or of all."""
    with Triaged(connect, account) as triaged:
        triaged.ingest(*[guard_duty(n, severity=2 + 3 * (n % 2)) for n in range(7)])
        ids = [each["findingId"] for each in triaged.findings()]
        seen: list[str] = []
        token: dict[str, str] = {}
        while True:
            page = triaged.administrator.list_findings(**triaged.where, maxResults=2, **token)
            seen += [each["findingId"] for each in page["items"]]
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        assert seen == ids[::-1]
        assert len(set(seen)) == 7
        assert len(triaged.findings(status="Investigating")) == 3
        assert len(triaged.findings(status="Suppressed")) == 4
        nobody = "f-" + "0" * 26
        with pytest.raises(triaged.administrator.exceptions.ResourceNotFoundException):
            triaged.administrator.get_finding(**triaged.where, findingId=nobody)


def test_everything_is_there_after_a_restart(tmp_path: Any) -> None:  # noqa: ANN401 - a path
    """Findings, rules, cases and numbers are what they were."""
    settings = Settings()
    with larum.Service(tmp_path, settings) as service, Triaged(service, ADMINISTRATOR) as triaged:
        triaged.put_rule(match={"types": ["Recon:*"]})
        triaged.ingest(guard_duty(1), guard_duty(2, severity=5))
        before, membership_id = triaged.findings(), triaged.id
    with larum.Service(tmp_path, settings) as service:
        administrator, client = larum_client(service), service.client()
        where = {"accountId": ADMINISTRATOR, "region": "us-east-1"}
        assert administrator.list_findings(**where)["items"][::-1] == before
        assert administrator.list_triage_rules(**where)["items"][0]["name"] == "a rule"
        now = datetime.now(UTC)
        numbers = client.get_finding_metrics(
            membershipId=membership_id, startDate=now - timedelta(days=1), endDate=now
        )
        assert (numbers["findingsIngestedGuardDuty"], numbers["findingsEscalated"]) == (2, 1)
        administrator.close()
        client.close()
