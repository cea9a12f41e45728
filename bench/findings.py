"""`larum findings ingest` of 10,000 findings against a server on this machine, start to end.

Half of each are of GuardDuty and of Security Hub; a tenth escalates, so that cases are opened until
their quota is used up. A second run of the same file measures what repetitions cost.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

import larum
from bench import servers
from bench.figures import Bar, Figure, Held, Result, Size

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FINDINGS: Final = 10_000
ACCOUNT: Final = "123456789012"
SEVERITIES: Final = (8, 5, 5, 5, 2, 2, 2, 2, 2, 2)
INGEST: Final = Bar(
    "`larum findings ingest`, 10,000 findings", 2_000, at_least=True, unit="findings/s"
)


def measure(directory: Path, size: Size, say: Callable[[str], None]) -> Result:
    """Give the file to a fresh server twice in each round."""
    file = directory / "findings.json"
    file.write_text(json.dumps([_finding(number) for number in range(FINDINGS)]), "utf-8")
    first, again, cpu, own = [], [], [], []
    for each in range(size.rounds):
        say(f"round {each + 1} of {size.rounds}")
        data = directory / f"findings-{each}"
        _membership(data)
        with servers.larum_serve(data) as server:
            begun, ended = server.cpu_seconds(), _ended_seconds()
            first.append(_rate(file, data, server.address))
            cpu.append((server.cpu_seconds() - begun) / FINDINGS * 1e6)
            own.append((_ended_seconds() - ended) / FINDINGS * 1e6)
            again.append(_rate(file, data, server.address))
    return Result(
        (Held(INGEST, tuple(first)),),
        (
            Figure("findings ingest, new", "findings/s", tuple(first)),
            Figure("findings ingest, again", "findings/s", tuple(again)),
            Figure("processor time of the server for one finding", "us", tuple(cpu)),
            Figure("processor time of the command for one finding", "us", tuple(own)),
        ),
    )


def _ended_seconds() -> float:
    """Return the processor time of the processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _rate(file: Path, data: Path, address: str) -> float:
    command = [str(servers.LARUM), "findings", "ingest", str(file), "--account", ACCOUNT]
    command += ["--endpoint-url", f"http://{address}", "--output", "json"]
    environment = os.environ | {"AWS_SHARED_CREDENTIALS_FILE": str(data / "credentials")}
    begun = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - begun
    told = json.loads(done.stdout)
    if told["ingestedCount"] + told["duplicateCount"] != FINDINGS:
        message = f"not all findings were taken in: {told}"
        raise RuntimeError(message)
    return FINDINGS / seconds


def _membership(data: Path) -> None:
    with larum.Service(data) as service:
        client = service.client()
        client.create_membership(
            membershipName="Example Corp",
            incidentResponseTeam=[
                {"name": "Ana", "jobTitle": "CISO", "email": "ana@example.com"},
                {"name": "Ben", "jobTitle": "CISO", "email": "ben@example.com"},
            ],
            optInFeatures=[{"featureName": "Triage", "isEnabled": True}],
        )
        client.close()


def _finding(number: int) -> dict[str, Any]:
    """Return a finding of 2 to 3 KB, as they usually are."""
    return _guard_duty(number) if number % 2 else _security_finding(number)


def _guard_duty(number: int) -> dict[str, Any]:
    remote = {
        "ipAddressV4": f"20.{number >> 16}.{number >> 8 & 255}.{number & 255}",
        "organization": {"asn": "64500", "asnOrg": "Example", "isp": "Example", "org": "Example"},
        "country": {"countryName": "Nowhere"},
        "geoLocation": {"lat": 12.5, "lon": -3.75},
    }
    instance = {
        "instanceId": f"i-{number:017x}",
        "instanceType": "m5.large",
        "networkInterfaces": [
            {
                "networkInterfaceId": f"eni-{number:017x}",
                "privateIpAddress": "10.0.1.17",
                "subnetId": "subnet-0123456789abcdef0",
                "vpcId": "vpc-0123456789abcdef0",
                "securityGroups": [{"groupName": "web", "groupId": "sg-0123456789abcdef0"}],
            }
        ],
        "tags": [{"key": f"tag{each}", "value": "value" * 8} for each in range(10)],
        "imageDescription": "Example image " * 20,
    }
    return {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": "us-east-1",
        "id": f"{number:032x}",
        "type": "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom",
        "severity": SEVERITIES[number // 2 % len(SEVERITIES)],
        "title": f"The EC2 instance i-{number:017x} is communicating with a known address.",
        "description": "An EC2 instance is communicating with an address on a list. " * 5,
        "createdAt": "2026-11-01T10:50:00.552Z",
        "resource": {"resourceType": "Instance", "instanceDetails": instance},
        "service": {
            "action": {
                "actionType": "NETWORK_CONNECTION",
                "networkConnectionAction": {"remoteIpDetails": remote, "protocol": "TCP"},
            },
            "eventFirstSeen": "2026-11-01T10:30:31.000Z",
        },
    }


def _security_finding(number: int) -> dict[str, Any]:
    label = {8: "HIGH", 5: "MEDIUM", 2: "LOW"}[SEVERITIES[number // 2 % len(SEVERITIES)]]
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"example/{ACCOUNT}/{number}",
        "ProductArn": "arn:aws:securityhub:us-east-1::product/example/detector",
        "GeneratorId": "detector/rule",
        "AwsAccountId": ACCOUNT,
        "Region": "us-east-1",
        "Types": ["TTPs/Execution/PowerShell"],
        "CreatedAt": "2026-11-01T10:00:00.000Z",
        "Severity": {"Label": label},
        "Title": "A process started an encoded command",
        "Description": "A web server process started an encoded command. " * 10,
        "Resources": [
            {
                "Type": "AwsEc2Instance",
                "Id": f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-{number:017x}",
                "Region": "us-east-1",
            }
        ],
        "ProductFields": {f"example/field{each}": "value" * 8 for each in range(30)},
    }
