"""GuardDuty's findings: as its API gives them (`AccountId`) and as its events do (`accountId`).

Sources: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html,
https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from larum.domain import finding_facts as facts
from larum.domain.findings import Finding, FindingSource, Resource, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

HIGHEST: Final = 10
# The least value of each label, the highest first.
LABELS: Final = (
    (9.0, Severity.CRITICAL),
    (7.0, Severity.HIGH),
    (4.0, Severity.MEDIUM),
    (1.0, Severity.LOW),
    (0.0, Severity.INFORMATIONAL),
)
# Where a finding describes what it is about: the member of `Resource`, the members in it that are
# an id, and the service as people call it.
DESCRIBED: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    ("InstanceDetails", ("InstanceId",), "Amazon EC2"),
    ("AccessKeyDetails", ("PrincipalId", "AccessKeyId"), "AWS IAM"),
    ("S3BucketDetails", ("Arn",), "Amazon S3"),
    ("EksClusterDetails", ("Arn",), "Amazon EKS"),
    ("EcsClusterDetails", ("Arn",), "Amazon ECS"),
    ("ContainerDetails", ("Id",), "Amazon ECS"),
    ("RdsDbInstanceDetails", ("DbInstanceArn", "DbInstanceIdentifier"), "Amazon RDS"),
    ("RdsLimitlessDbDetails", ("DbShardGroupArn",), "Amazon RDS"),
    ("LambdaDetails", ("FunctionArn",), "AWS Lambda"),
    ("EbsVolumeDetails", ("VolumeArn",), "Amazon EBS"),
    ("EbsSnapshotDetails", ("SnapshotArn",), "Amazon EBS"),
    ("Ec2ImageDetails", ("ImageArn",), "Amazon EC2"),
    ("RecoveryPointDetails", ("RecoveryPointArn",), "AWS Backup"),
)


def finding(written: Mapping[str, object]) -> Finding:
    """Return the finding; Unreadable where it lacks what every finding has."""
    severity = facts.number(facts.either(written, "Severity"), "Severity", HIGHEST)
    named = list(_resources(written))
    kind = facts.needed(facts.either(written, "Type"), "Type")
    title = facts.prose(facts.either(written, "Title"), facts.LONGEST_TITLE)
    return Finding(
        source=FindingSource.GUARD_DUTY,
        source_id=facts.needed(facts.either(written, "Id"), "Id"),
        types=(kind,),
        severity=next(label for least, label in LABELS if severity >= least),
        title=title or kind[: facts.LONGEST_TITLE],
        description=facts.prose(facts.either(written, "Description"), facts.LONGEST_DESCRIPTION),
        account=facts.account(facts.either(written, "AccountId"), "AccountId"),
        region=facts.region(facts.either(written, "Region"), "Region"),
        resources=tuple(dict.fromkeys(each for each, _ in named))[: facts.MOST_RESOURCES],
        services=tuple(dict.fromkeys(service for _, service in named)),
        actor_ips=facts.addresses(_addresses(written)),
        first_seen=_first_seen(written),
        is_sample=_is_sample(written),
    )


def _resources(written: Mapping[str, object]) -> Iterator[tuple[Resource, str]]:
    resource = facts.inside(written, "Resource")
    for member, members, service in DESCRIBED:
        found = facts.either(resource, member)
        # S3BucketDetails alone is a list.
        several = facts.objects(found if isinstance(found, list) else [found], facts.MOST_RESOURCES)
        for each in several:
            for name in members:
                identifier = facts.identifier(facts.either(each, name))
                if identifier is not None:
                    yield Resource(member.removesuffix("Details"), identifier), service


def _addresses(written: Mapping[str, object]) -> Iterator[object]:
    action = facts.inside(written, "Service", "Action")
    for each in action.values():
        if isinstance(each, Mapping):
            yield _remote(each)
            probes = facts.either(each, "PortProbeDetails")
            yield from map(_remote, facts.objects(probes, facts.MOST_ADDRESSES))
    sequence = facts.inside(written, "Service", "Detection", "Sequence")
    for endpoint in facts.objects(facts.either(sequence, "Endpoints"), facts.MOST_ADDRESSES):
        yield facts.either(endpoint, "Ip")


def _remote(action: Mapping[str, object]) -> object:
    details = facts.inside(action, "RemoteIpDetails")
    return facts.either(details, "IpAddressV4") or facts.either(details, "IpAddressV6")


def _first_seen(written: Mapping[str, object]) -> datetime | None:
    service = facts.inside(written, "Service")
    seen = facts.moment(facts.either(service, "EventFirstSeen"))
    return seen or facts.moment(facts.either(written, "CreatedAt"))


def _is_sample(written: Mapping[str, object]) -> bool:
    """Tell a made-up finding by the one mark that GuardDuty gives it, in either of its forms."""
    more = facts.inside(written, "Service", "AdditionalInfo")
    if facts.either(more, "Sample") is True:
        return True
    value = facts.either(more, "Value")
    return isinstance(value, str) and says_sample(value)


def says_sample(text: str) -> bool:
    """Tell whether the JSON in `text` has `sample` true; it is as GuardDuty writes it."""
    return '"sample":true' in "".join(text.split())
