"""The AWS Security Finding Format, in which Security Hub passes on what other products found.

Sources: https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html,
https://docs.aws.amazon.com/securityhub/latest/userguide/asff-top-level-attributes.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from larum.domain import finding_facts as facts
from larum.domain.findings import Finding, FindingSource, Resource, Severity
from larum.domain.guard_duty import says_sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

HIGHEST: Final = 100
# The least normalized value of each label, the highest first.
LABELS: Final = (
    (90, Severity.CRITICAL),
    (70, Severity.HIGH),
    (40, Severity.MEDIUM),
    (1, Severity.LOW),
    (0, Severity.INFORMATIONAL),
)
POSTURE: Final = "Software and Configuration Checks"
# What a resource's type begins with, and the service as people call it; the longest first.
SERVICES: Final[tuple[tuple[str, str], ...]] = (
    ("AwsApiGateway", "Amazon API Gateway"),
    ("AwsCloudFront", "Amazon CloudFront"),
    ("AwsCloudTrail", "AWS CloudTrail"),
    ("AwsDynamoDb", "Amazon DynamoDB"),
    ("AwsEc2", "Amazon EC2"),
    ("AwsEcr", "Amazon ECR"),
    ("AwsEcs", "Amazon ECS"),
    ("AwsEks", "Amazon EKS"),
    ("AwsElb", "Elastic Load Balancing"),
    ("AwsIam", "AWS IAM"),
    ("AwsKms", "AWS KMS"),
    ("AwsLambda", "AWS Lambda"),
    ("AwsRds", "Amazon RDS"),
    ("AwsRedshift", "Amazon Redshift"),
    ("AwsS3", "Amazon S3"),
    ("AwsSecretsManager", "AWS Secrets Manager"),
    ("AwsSns", "Amazon SNS"),
    ("AwsSqs", "Amazon SQS"),
    ("Container", "Amazon ECS"),
)
REMOTE_OF_A_DIRECTION: Final[Mapping[str, tuple[str, str]]] = {
    "IN": ("SourceIpV4", "SourceIpV6"),
    "OUT": ("DestinationIpV4", "DestinationIpV6"),
}
# No set: a document may have a list where this is looked for, which has no hash.
ADDRESS_INDICATORS: Final = ("IPV4_ADDRESS", "IPV6_ADDRESS")
# How Security Hub writes what GuardDuty said, in ProductFields.
GUARD_DUTY_FIELDS: Final = "aws/guardduty/service/"


def finding(written: Mapping[str, object]) -> Finding:
    """Return the finding; Unreadable where it lacks what every finding has."""
    types = _types(written)
    resources = facts.objects(written.get("Resources"), facts.MOST_RESOURCES)
    title = facts.prose(written.get("Title"), facts.LONGEST_TITLE)
    return Finding(
        source=FindingSource.SECURITY_HUB,
        source_id=facts.needed(written.get("Id"), "Id"),
        types=types,
        severity=_severity(facts.inside(written, "Severity")),
        title=title or types[0][: facts.LONGEST_TITLE],
        description=facts.prose(written.get("Description"), facts.LONGEST_DESCRIPTION),
        account=facts.account(written.get("AwsAccountId"), "AwsAccountId"),
        region=_region(written, resources),
        resources=tuple(_resources(resources)),
        services=tuple(dict.fromkeys(_services(resources))),
        actor_ips=facts.addresses(_addresses(written)),
        first_seen=_first_seen(written),
        is_sample=_is_sample(written),
        is_posture="Compliance" in written or all(each.startswith(POSTURE) for each in types),
    )


def _types(written: Mapping[str, object]) -> tuple[str, ...]:
    listed = written.get("Types")
    named = listed[: facts.MOST_TYPES] if isinstance(listed, list) else []
    types = [each for value in named if (each := facts.identifier(value)) is not None]
    if not types:
        # The list may be empty. What made the finding tells its kind then.
        types = [facts.needed(written.get("GeneratorId"), "GeneratorId, without Types,")]
    return tuple(dict.fromkeys(types))


def _severity(severity: Mapping[str, object]) -> Severity:
    label = severity.get("Label")
    if isinstance(label, str) and label in Severity.__members__:
        return Severity(label)
    value = facts.number(severity.get("Normalized"), "Severity.Normalized", HIGHEST)
    return next(label for least, label in LABELS if value >= least)


def _region(written: Mapping[str, object], resources: list[Mapping[str, object]]) -> str:
    """Return the finding's Region; older ones name only that of their resources or product."""
    product = written.get("ProductArn")
    parts = product.split(":") if isinstance(product, str) else []
    candidates = [written.get("Region"), *(each.get("Region") for each in resources), *parts[3:4]]
    found = next((each for each in candidates if each is not None), None)
    return facts.region(found, "Region")


def _resources(resources: list[Mapping[str, object]]) -> Iterator[Resource]:
    for each in resources:
        identifier = facts.identifier(each.get("Id"))
        if identifier is not None:
            yield Resource(facts.identifier(each.get("Type")) or "Other", identifier)


def _services(resources: list[Mapping[str, object]]) -> Iterator[str]:
    for each in resources:
        kind = each.get("Type")
        if isinstance(kind, str):
            yield from (service for prefix, service in SERVICES if kind.startswith(prefix))


def _addresses(written: Mapping[str, object]) -> Iterator[object]:
    for action in facts.inside(written, "Action").values():
        for each in facts.objects([action], 1):
            yield facts.inside(each, "RemoteIpDetails").get("IpAddressV4")
            probes = facts.objects(each.get("PortProbeDetails"), facts.MOST_ADDRESSES)
            yield from (facts.inside(p, "RemoteIpDetails").get("IpAddressV4") for p in probes)
    network = facts.inside(written, "Network")
    remote = REMOTE_OF_A_DIRECTION.get(str(network.get("Direction")), ())
    yield from (network.get(name) for name in remote)
    for each in facts.objects(written.get("ThreatIntelIndicators"), facts.MOST_ADDRESSES):
        if each.get("Type") in ADDRESS_INDICATORS:
            yield each.get("Value")
    for name, value in facts.inside(written, "ProductFields").items():
        if name.startswith(GUARD_DUTY_FIELDS) and name.endswith("/remoteIpDetails/ipAddressV4"):
            yield value


def _first_seen(written: Mapping[str, object]) -> datetime | None:
    seen = facts.moment(written.get("FirstObservedAt"))
    return seen or facts.moment(written.get("CreatedAt"))


def _is_sample(written: Mapping[str, object]) -> bool:
    fields = facts.inside(written, "ProductFields")
    told = fields.get(f"{GUARD_DUTY_FIELDS}additionalInfo/value")
    return (
        written.get("Sample") is True
        or fields.get(f"{GUARD_DUTY_FIELDS}additionalInfo/sample") == "true"
        or (isinstance(told, str) and says_sample(told))
    )
