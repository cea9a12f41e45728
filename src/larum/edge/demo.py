"""An instance with three weeks of history: an organization, a team, findings and cases.

Everything is made by calls that anybody can make, as their actors would make them; only the clock
of the instance is set back, so that what happened lies in the past. Names, addresses and numbers
are made up: IP addresses are those of documentation (RFC 5737), e-mail addresses of example.com.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.edge import demo_findings, demo_texts, signed_urls
from larum.edge.embedded import EmbeddedService
from larum.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REGION: Final = "us-east-1"
BEGAN: Final = timedelta(days=21)
ACCOUNTS: Final = {
    "210987654321": ("security", "security", "security"),
    "310987654321": ("shop", "workloads/prod", "shop"),
    "410987654321": ("shop-test", "workloads/test", "shop"),
    "510987654321": ("data-platform", "workloads/prod", "data"),
    "610987654321": ("sandbox", "sandbox", "sandbox"),
}
ANA: Final = {"name": "Ana Silva", "jobTitle": "CISO", "email": "ana@example.com"}
BEN: Final = {"name": "Ben Okoye", "jobTitle": "On-call lead", "email": "ben@example.com"}
CHLOE: Final = {"name": "Chloe Lindt", "jobTitle": "Forensics", "email": "chloe@example.com"}
DEV: Final = {"name": "Dev Anand", "jobTitle": "Shop platform", "email": "dev@example.com"}


class Filled(msgspec.Struct, frozen=True):
    """What was made: the membership and its cases, by what they are."""

    membership_id: str
    self_managed: str
    aws_supported: str
    closed: str


class Clock(msgspec.Struct):
    """The instance's clock while its past is made."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the time; each look takes a second, so that nothing happens at once."""
        self.now += timedelta(seconds=1)
        return self.now

    def wait(self, **span: float) -> None:
        """Let time pass: `minutes`, `hours` or `days`."""
        self.now += timedelta(**span)


class _Play(msgspec.Struct, frozen=True):
    """Those who act: the customer's `team`, the `responder`, and the clock."""

    team: Any
    responder: Any
    clock: Clock
    account: str
    names: dict[str, str] = msgspec.field(default_factory=dict)

    def address(self, case_id: str = "") -> dict[str, str]:
        """Name the account, and the case if there is one, as the responder's calls do."""
        named = {"accountId": self.account, "region": REGION}
        return named | ({"caseId": case_id} if case_id else {})

    def says(self, case_id: str, body: str) -> None:
        """Let the team comment."""
        self.team.create_case_comment(caseId=case_id, body=body)

    def answers(self, case_id: str, body: str) -> None:
        """Let the responder comment."""
        self.responder.create_case_comment(**self.address(case_id), body=body)

    def attaches(self, case_id: str, name: str, text: str) -> None:
        """Let the team upload a file."""
        content = text.replace("DAY", f"{self.clock.now:%Y-%m-%d}").encode()
        url = self.team.get_case_attachment_upload_url(
            caseId=case_id, fileName=name, contentLength=len(content)
        )["attachmentPresignedUrl"]
        signed_urls.upload(url, content)


def fill(data: Path, now: datetime, tell: Callable[[str], None]) -> Filled:
    """Make the history that ends at `now` in the new data directory `data`.

    `tell` hears what is being made. Raises what opening a service raises.
    """
    clock = Clock(now - BEGAN)
    # Signatures carry the real time, and the instance's is the past: nobody else can reach it yet.
    settings = Settings(auth="relaxed", region=(REGION,))
    with EmbeddedService(data, settings, clock=clock) as service:
        account = service.installation.administrator_account
        with (
            closing(service.client(account=account, region=REGION)) as team,
            closing(service.client("larum", account=account, region=REGION)) as responder,
        ):
            play = _Play(team, responder, clock, account)
            tell("Making the organization")
            _organize(play)
            membership_id = _open_membership(play)
            tell("Making a closed case")
            closed = _closed_case(play)
            tell("Making a self-managed case")
            self_managed = _self_managed_case(play)
            tell("Taking in findings")
            demo_findings.take_in(play.responder, play.address(), clock, sorted(ACCOUNTS))
            tell("Making an AWS-supported case")
            aws_supported = _aws_supported_case(play)
    return Filled(membership_id, self_managed, aws_supported, closed)


def _organize(play: _Play) -> None:
    accounts = [
        {
            "id": identity,
            "name": name,
            "email": f"aws-{name}@example.com",
            "organizationalUnit": unit,
        }
        for identity, (name, unit, _) in ACCOUNTS.items()
    ]
    units = sorted({unit for _, unit, _ in ACCOUNTS.values()})
    organization = {"trustedAccess": True, "organizationalUnits": units, "accounts": accounts}
    play.responder.apply_directory(directory={"organization": organization})


def _open_membership(play: _Play) -> str:
    made = play.team.create_membership(
        membershipName="Example Corp",
        incidentResponseTeam=[ANA, BEN, CHLOE],
        optInFeatures=[{"featureName": "Triage", "isEnabled": True}],
        coverEntireOrganization=True,
        tags={"team": "security", "cost-center": "4711"},
    )
    return str(made["membershipId"])


def _closed_case(play: _Play) -> str:
    play.clock.wait(days=4)
    case = play.team.create_case(
        resolverType="AWS",
        engagementType="Investigation",
        reportedIncidentStartDate=play.clock.now - timedelta(hours=9),
        impactedAccounts=["610987654321"],
        impactedServices=["AWS IAM"],
        impactedAwsRegions=[{"region": "eu-west-1"}],
        watchers=[DEV],
        tags={"team": "sandbox"},
        **demo_texts.CLOSED_CASE,
    )["caseId"]
    play.clock.wait(minutes=11)
    play.responder.acknowledge_case(**play.address(case))
    play.answers(case, demo_texts.CLOSED_QUESTION)
    play.responder.request_customer_action(**play.address(case))
    play.clock.wait(hours=3)
    play.says(case, demo_texts.CLOSED_ANSWER)
    play.team.update_case(
        caseId=case,
        title=demo_texts.CLOSED_TITLE,
        watchersToAdd=[BEN],
        caseMetadata=[{"key": "severity", "value": "low"}],
    )
    play.clock.wait(hours=2)
    play.responder.set_case_status(**play.address(case), caseStatus="Post-incident Activities")
    play.answers(case, demo_texts.CLOSED_CONCLUSION)
    play.clock.wait(hours=20)
    play.responder.close_case(**play.address(case), closureCode="False Positive")
    return str(case)


def _self_managed_case(play: _Play) -> str:
    play.clock.wait(days=9)
    case = play.team.create_case(
        resolverType="Self",
        engagementType="Security Incident",
        reportedIncidentStartDate=play.clock.now - timedelta(hours=2),
        impactedAccounts=["310987654321", "410987654321"],
        impactedServices=["AWS IAM", "Amazon EC2"],
        impactedAwsRegions=[{"region": "us-east-1"}],
        threatActorIpAddresses=[{"ipAddress": "198.51.100.23", "userAgent": "aws-cli/2.31.0"}],
        watchers=[CHLOE, DEV],
        tags={"team": "shop", "ticket": "SEC-204"},
        **demo_texts.SELF_CASE,
    )["caseId"]
    play.clock.wait(minutes=25)
    play.team.update_case_status(caseId=case, caseStatus="Detection and Analysis")
    play.attaches(case, "cloudtrail-excerpt.json", demo_texts.CLOUDTRAIL)
    play.says(case, demo_texts.SELF_COMMENTS[0])
    play.clock.wait(hours=1)
    play.team.update_case(
        caseId=case,
        actualIncidentStartDate=play.clock.now - timedelta(hours=14),
        threatActorIpAddressesToAdd=[{"ipAddress": "203.0.113.77"}],
        caseMetadata=[
            {"key": "severity", "value": "high"},
            {"key": "assignee", "value": "forensics"},
            {"key": "category", "value": "credential theft"},
        ],
    )
    play.says(case, demo_texts.SELF_COMMENTS[1])
    play.clock.wait(hours=4)
    status = "Containment, Eradication and Recovery"
    play.team.update_case_status(caseId=case, caseStatus=status)
    play.attaches(case, "timeline.csv", demo_texts.TIMELINE)
    play.says(case, demo_texts.SELF_COMMENTS[2])
    return str(case)


def _aws_supported_case(play: _Play) -> str:
    play.clock.wait(days=5)
    case = demo_findings.escalate(play.responder, play.address(), play.clock, "510987654321")
    play.clock.wait(minutes=9)
    play.responder.acknowledge_case(**play.address(case))
    play.answers(case, demo_texts.AWS_COMMENTS[0])
    play.clock.wait(minutes=5)
    play.team.update_case(
        caseId=case, watchersToAdd=[BEN], caseMetadata=[{"key": "severity", "value": "critical"}]
    )
    for kind, title, content in demo_texts.INVESTIGATIONS:
        play.clock.wait(minutes=7)
        made = play.responder.put_investigation(
            **play.address(case), actionType=kind, title=title, content="Collecting."
        )["investigationId"]
        named = {**play.address(case), "investigationId": made}
        play.responder.update_investigation(**named, status="InProgress")
        play.clock.wait(minutes=6)
        play.responder.update_investigation(**named, status="Completed", content=content)
    play.clock.wait(minutes=20)
    play.says(case, demo_texts.AWS_COMMENTS[1])
    play.attaches(case, "bucket-access-log.txt", demo_texts.ACCESS_LOG)
    play.responder.put_investigation(
        **play.address(case),
        actionType="Investigation",
        title=demo_texts.WAITING_TITLE,
        content=demo_texts.WAITING_CONTENT,
        status="Waiting",
    )
    play.answers(case, demo_texts.AWS_COMMENTS[2])
    play.responder.request_customer_action(**play.address(case))
    return str(case)
