"""Whatever happens to findings, the numbers of GetFindingMetrics are those of a recount."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import larum
from larum.domain.finding_metrics import COUNTED, INGESTED
from larum.domain.findings import FindingSource, FindingStatus
from larum.operations.finding_metrics import MEMBERS
from larum.settings import Settings
from tests.conformance.page import without_metadata
from tests.conformance.triaged import Triaged
from tests.edge.larum_servers import ADMINISTRATOR
from tests.finding_documents import guard_duty, security_finding

START = datetime(2026, 11, 7, 12, tzinfo=UTC)
NUMBERS = st.integers(0, 12)
CODES = ("False Positive", "Duplicate", None)


class Findings(RuleBasedStateMachine):
    """Findings that come in, come again, advance, and whose cases close, on several days."""

    @initialize()
    def begin(self) -> None:
        """Open a membership on a clock of its own."""
        self.now = START
        chosen = Settings(auth="relaxed")
        self.service = larum.Service(settings=chosen, clock=lambda: self.now)
        self.triaged = Triaged(self.service, ADMINISTRATOR)
        quota = {"activeServiceManagedCases": 2}
        self.triaged.administrator.apply_directory(directory={"limits": quota})

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=5), severity=st.sampled_from([2, 5, 8]))
    def guard_duty_finds(self, numbers: list[int], severity: int) -> None:
        """Findings of GuardDuty come in, some of them again."""
        self.triaged.ingest(*[guard_duty(each, severity=severity) for each in numbers])

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=5))
    def security_hub_finds(self, numbers: list[int]) -> None:
        """Findings of Security Hub come in; they share actors with the others."""
        self.triaged.ingest(*[security_finding(each) for each in numbers])

    @rule(
        step=st.sampled_from(["InProgress", "FalsePositive", "TruePositive", "Escalated"]),
        places=st.lists(NUMBERS, min_size=1, max_size=4),
    )
    def responder_advances(self, step: str, places: list[int]) -> None:
        """A responder says how some findings stand."""
        known = self.triaged.findings()
        ids = [known[each]["findingId"] for each in places if each < len(known)]
        if ids:
            self.triaged.advance(step, *ids)

    @rule(code=st.sampled_from(CODES))
    def case_closes(self, code: str | None) -> None:
        """An open case is closed, by the responder with a code or by the customer."""
        listed = self.triaged.holder.list_cases()["items"]
        case_id = next((e["caseId"] for e in listed if e["caseStatus"] != "Closed"), None)
        if case_id is not None and code is None:
            self.triaged.holder.close_case(caseId=case_id)
        elif case_id is not None:
            self.triaged.administrator.close_case(
                **self.triaged.where, caseId=case_id, closureCode=code
            )

    @rule(outcome=st.sampled_from(["suppress", "false-positive", "investigate", "escalate"]))
    def rules_change(self, outcome: str) -> None:
        """What comes in from now on is decided otherwise."""
        self.triaged.put_rule(outcome=outcome, match={"types": ["CryptoCurrency:*"]})

    @rule()
    def a_day_passes(self) -> None:
        """It is tomorrow, and the sweep runs."""
        self.now += timedelta(days=1)
        self.service.sweep()

    @invariant()
    def the_numbers_are_those_of_a_recount(self) -> None:
        """Each day by itself, and all of them, count what its findings are now."""
        if not hasattr(self, "service"):
            return
        found = self.triaged.findings()
        for day in {each["ingestedAt"].astimezone(UTC).date() for each in found}:
            on_it = [e for e in found if e["ingestedAt"].astimezone(UTC).date() == day]
            moment = datetime(day.year, day.month, day.day, 23, tzinfo=UTC)
            assert self.numbers(moment, moment) == recounted(on_it)
        assert self.numbers(START, self.now) == recounted(found)

    @invariant()
    def escalated_findings_have_a_case_or_wait(self) -> None:
        """Only while two cases are open does an escalated finding lack one."""
        if not hasattr(self, "service"):
            return
        waiting = [e for e in self.triaged.findings(status="Escalated") if "caseId" not in e]
        listed = self.triaged.holder.list_cases()["items"]
        active = sum(each["caseStatus"] != "Closed" for each in listed)
        assert active <= 2
        if waiting and active < 2:
            self.service.sweep()
            left = [e for e in self.triaged.findings(status="Escalated") if "caseId" not in e]
            assert len(left) < len(waiting)

    def numbers(self, start: datetime, end: datetime) -> dict[str, int]:
        """Return what GetFindingMetrics says."""
        answer = self.triaged.holder.get_finding_metrics(
            membershipId=self.triaged.id, startDate=start, endDate=end
        )
        return without_metadata(answer)

    def teardown(self) -> None:
        """Close everything."""
        if hasattr(self, "service"):
            self.triaged.__exit__()
            self.service.close()


def recounted(found: list[dict[str, Any]]) -> dict[str, int]:
    """Return the eleven numbers of these findings, counted one by one."""
    counted = Counter(
        metric
        for each in found
        for metric in (
            INGESTED[FindingSource(each["source"])],
            *COUNTED[FindingStatus(each["status"])],
        )
    )
    return {member: counted[metric] for metric, member in MEMBERS.items()}


TestFindings = Findings.TestCase
TestFindings.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
