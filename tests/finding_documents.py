"""Findings as GuardDuty, Security Hub and EventBridge write them, from their references.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html,
https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html,
https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

ACCOUNT = "123456789012"
ATTACKER = "198.51.100.23"
Document = dict[str, Any]

REMOTE: Document = {
    "ipAddressV4": ATTACKER,
    "organization": {
        "asn": "64500",
        "asnOrg": "Example Net",
        "isp": "Example Net",
        "org": "Example Net",
    },
    "country": {"countryName": "Nowhere"},
    "city": {"cityName": "Nowhere"},
    "geoLocation": {"lat": 0.0, "lon": 0.0},
}
INSTANCE: Document = {
    "instanceId": "i-0123456789abcdef0",
    "instanceType": "m5.large",
    "launchTime": "2026-10-01T08:00:00.000Z",
    "platform": None,
    "productCodes": [],
    "iamInstanceProfile": {
        "arn": "arn:aws:iam::123456789012:instance-profile/web",
        "id": "AIPAEXAMPLE",
    },
    "networkInterfaces": [
        {
            "networkInterfaceId": "eni-0123456789abcdef0",
            "privateIpAddress": "10.0.1.17",
            "privateIpAddresses": [
                {"privateDnsName": "ip-10-0-1-17.ec2.internal", "privateIpAddress": "10.0.1.17"}
            ],
            "subnetId": "subnet-0123456789abcdef0",
            "vpcId": "vpc-0123456789abcdef0",
            "securityGroups": [{"groupName": "web", "groupId": "sg-0123456789abcdef0"}],
            "publicDnsName": "",
            "publicIp": "203.0.113.10",
            "ipv6Addresses": [],
        }
    ],
    "tags": [{"key": "stage", "value": "prod"}],
    "instanceState": "running",
    "availabilityZone": "us-east-1a",
    "imageId": "ami-0123456789abcdef0",
    "imageDescription": "web server",
}
GUARD_DUTY_EVENT: Document = {
    "schemaVersion": "2.0",
    "accountId": ACCOUNT,
    "region": "us-east-1",
    "partition": "aws",
    "id": "16afba5c5c43e07c9e3e5e2e544e95df",
    "arn": "arn:aws:guardduty:us-east-1:123456789012:detector/"
    "12abc34d567e8fa901bc2d34e56789f0/finding/16afba5c5c43e07c9e3e5e2e544e95df",
    "type": "CryptoCurrency:EC2/BitcoinTool.B",
    "resource": {"resourceType": "Instance", "instanceDetails": INSTANCE},
    "service": {
        "serviceName": "guardduty",
        "detectorId": "12abc34d567e8fa901bc2d34e56789f0",
        "action": {
            "actionType": "NETWORK_CONNECTION",
            "networkConnectionAction": {
                "connectionDirection": "OUTBOUND",
                "localPortDetails": {"port": 39677, "portName": "Unknown"},
                "protocol": "TCP",
                "blocked": False,
                "remoteIpDetails": REMOTE,
                "remotePortDetails": {"port": 8333, "portName": "Unknown"},
                "localIpDetails": {"ipAddressV4": "10.0.1.17"},
            },
        },
        "resourceRole": "TARGET",
        "additionalInfo": {"threatListName": "ProofPoint", "value": "{}", "type": "default"},
        "evidence": {"threatIntelligenceDetails": []},
        "eventFirstSeen": "2026-11-01T10:30:31.000Z",
        "eventLastSeen": "2026-11-01T10:45:17.000Z",
        "archived": False,
        "count": 3,
    },
    "severity": 8,
    "createdAt": "2026-11-01T10:50:00.552Z",
    "updatedAt": "2026-11-01T10:55:00.000Z",
    "title": "The EC2 instance i-0123456789abcdef0 is querying a Bitcoin-related address.",
    "description": "The EC2 instance i-0123456789abcdef0 is communicating with an address that is "
    "associated with Bitcoin-related activity.",
}
SECURITY_FINDING: Document = {
    "SchemaVersion": "2018-10-08",
    "Id": "crowdstrike/123456789012/ldt:0a1b2c3d:4e5f",
    "ProductArn": "arn:aws:securityhub:us-east-1::product/crowdstrike/crowdstrike-falcon",
    "ProductName": "CrowdStrike Falcon",
    "CompanyName": "CrowdStrike",
    "Region": "us-east-1",
    "GeneratorId": "crowdstrike-falcon/tactics/execution",
    "AwsAccountId": ACCOUNT,
    "Types": ["TTPs/Execution/PowerShell"],
    "FirstObservedAt": "2026-11-01T09:58:00.000Z",
    "LastObservedAt": "2026-11-01T09:59:00.000Z",
    "CreatedAt": "2026-11-01T10:00:00.000Z",
    "UpdatedAt": "2026-11-01T10:00:00.000Z",
    "Severity": {"Label": "HIGH", "Normalized": 70, "Original": "High"},
    "Confidence": 80,
    "Title": "A process started an encoded command",
    "Description": "A web server process started an encoded command on i-0aaaaaaaaaaaaaaaa.",
    "Remediation": {"Recommendation": {"Text": "Isolate the host.", "Url": "https://example.com"}},
    "Network": {
        "Direction": "IN",
        "Protocol": "TCP",
        "SourceIpV4": "203.0.113.77",
        "SourcePort": 40112,
        "DestinationIpV4": "10.0.1.18",
        "DestinationPort": 443,
    },
    "ThreatIntelIndicators": [
        {
            "Type": "IPV6_ADDRESS",
            "Value": "2001:db8::1",
            "Category": "COMMAND_AND_CONTROL",
            "LastObservedAt": "2026-11-01T09:59:00.000Z",
            "Source": "Example feed",
        }
    ],
    "Resources": [
        {
            "Type": "AwsEc2Instance",
            "Id": "arn:aws:ec2:us-east-1:123456789012:instance/i-0aaaaaaaaaaaaaaaa",
            "Partition": "aws",
            "Region": "us-east-1",
            "Details": {"AwsEc2Instance": {"Type": "m5.large", "VpcId": "vpc-0123456789abcdef0"}},
        }
    ],
    "Workflow": {"Status": "NEW"},
    "WorkflowState": "NEW",
    "RecordState": "ACTIVE",
    "ProductFields": {"crowdstrike/tactic": "Execution"},
}


def capitalized(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return a GuardDuty event's finding as GuardDuty's API writes it, with capital letters."""
    if isinstance(value, dict):
        return {name[0].upper() + name[1:]: capitalized(each) for name, each in value.items()}
    return [capitalized(each) for each in value] if isinstance(value, list) else value


def guard_duty(number: int = 0, **changed: Any) -> Document:
    """Return a GuardDuty finding as in an event; another number is another finding and instance."""
    made = deepcopy(GUARD_DUTY_EVENT)
    made["id"] = f"{number:032x}"
    made["resource"]["instanceDetails"]["instanceId"] = f"i-{number:017x}"
    action = made["service"]["action"]["networkConnectionAction"]
    action["remoteIpDetails"]["ipAddressV4"] = address(number)
    return made | changed


def security_finding(number: int = 0, **changed: Any) -> Document:
    """Return a finding in the AWS Security Finding Format; as above."""
    made = deepcopy(SECURITY_FINDING)
    made["Id"] = f"crowdstrike/123456789012/ldt:{number:08x}"
    made["Resources"][0]["Id"] = f"arn:aws:ec2:us-east-1:123456789012:instance/i-{number:017x}"
    made["Network"]["SourceIpV4"] = address(number)
    made["ThreatIntelIndicators"] = []
    return made | changed


def address(number: int) -> str:
    """Return a public address for a number below 2**22."""
    return f"{20 + (number >> 16)}.{number >> 8 & 255}.{number & 255}.9"


def event(source: str, detail: Document) -> Document:
    """Return an EventBridge event around `detail`."""
    return {
        "version": "0",
        "id": "cd2d702e-ab31-411b-9344-793ce56b1bc7",
        "detail-type": "GuardDuty Finding"
        if source == "aws.guardduty"
        else "Security Hub Findings - Imported",
        "source": source,
        "account": ACCOUNT,
        "time": "2026-11-01T11:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    }


def texts(*documents: Document) -> list[str]:
    """Return documents as IngestFindings takes them."""
    return [json.dumps(each) for each in documents]
