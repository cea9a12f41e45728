"""Requests as bytes, signed as botocore signs them (Signature Version 4), before the clock starts.

A signature is good for five minutes, so each round signs its own. botocore itself takes 1 ms for a
request; a round has thousands.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from uuid import UUID

if TYPE_CHECKING:
    from datetime import datetime

REGION: Final = "us-east-1"
# Scatters the numbers over all account ids: with accounts in order, every insert would fall on the
# page of the one before, which no real store sees. The two share no factor, so no two numbers meet.
FIRST_ACCOUNT: Final = 100_000_000_000
ACCOUNTS: Final = 900_000_000_000
SCATTER: Final = 556_231_420_711
USER_AGENT: Final = (
    "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.11 cfg/retry-mode#legacy"
)
SIGNED_HEADERS: Final = "content-type;host;x-amz-date"


@dataclass(frozen=True, slots=True)
class Signer:
    """The root key of the benchmark's account number `number`: the same in every run."""

    number: int

    @property
    def account(self) -> str:
        """The account's twelve digits."""
        return str(FIRST_ACCOUNT + self.number * SCATTER % ACCOUNTS)

    @property
    def access_key_id(self) -> str:
        """The access key id, 20 characters as AWS's."""
        return f"LARUBENCH{self.number:011d}"

    @property
    def secret_access_key(self) -> str:
        """The secret, 40 characters as AWS's."""
        digest = hashlib.sha256(self.access_key_id.encode()).digest()
        return base64.b64encode(digest[:30]).decode()


@dataclass(frozen=True, slots=True)
class Target:
    """Who is called: `host` with its port, and the signing name of its service."""

    host: str
    service: str = "security-ir"


def signed(
    target: Target, signer: Signer, now: datetime, method: str, path: str, body: bytes = b""
) -> bytes:
    """Return one request with the headers that boto3 sends; `path` needs no encoding."""
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    scope = f"{stamp[:8]}/{REGION}/{target.service}/aws4_request"
    canonical = (
        f"{method}\n{quote(path)}\n\ncontent-type:application/json\nhost:{target.host}\n"
        f"x-amz-date:{stamp}\n\n{SIGNED_HEADERS}\n{hashlib.sha256(body).hexdigest()}"
    )
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}"
    key = _signing_key(signer.secret_access_key, stamp[:8], target.service)
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    invocation = UUID(int=int(signature[:32], 16), version=4)
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {target.host}\r\nAccept-Encoding: identity\r\n"
        f"Content-Type: application/json\r\nUser-Agent: {USER_AGENT}\r\nX-Amz-Date: {stamp}\r\n"
        f"Authorization: AWS4-HMAC-SHA256 Credential={signer.access_key_id}/{scope}, "
        f"SignedHeaders={SIGNED_HEADERS}, Signature={signature}\r\n"
        f"amz-sdk-invocation-id: {invocation}\r\namz-sdk-request: attempt=1\r\n"
    )
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{head}{length}\r\n".encode() + body


@lru_cache(maxsize=10_000)
def _signing_key(secret: str, day: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, REGION, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def create_membership(target: Target, signer: Signer, now: datetime) -> bytes:
    """Return a CreateMembership with every parameter and a token of its own, about 960 bytes."""
    return signed(target, signer, now, "POST", "/v1/membership", membership_body(signer))


def membership_body(signer: Signer) -> bytes:
    """Return the JSON of `membership_params`."""
    return json.dumps(membership_params(signer)).encode()


def membership_params(signer: Signer) -> dict[str, object]:
    """Return the params of one CreateMembership: three responders, one feature, two tags."""
    heard = ["Case Created", "Case Updated", "Case Acknowledged", "Case Closed"]
    return {
        "clientToken": str(UUID(bytes=signer.secret_access_key[:16].encode(), version=4)),
        "membershipName": f"Incident response of {signer.account}",
        "incidentResponseTeam": [
            {
                "name": f"Responder {each}",
                "jobTitle": "Security engineer",
                "email": f"responder-{each}@{signer.account}.example.com",
                "communicationPreferences": [*heard, "Membership Created"],
            }
            for each in ("one", "two", "three")
        ],
        "optInFeatures": [{"featureName": "Triage", "isEnabled": True}],
        "tags": {"team": "security", "cost-centre": "4711"},
        "coverEntireOrganization": False,
    }


def get_membership(target: Target, signer: Signer, now: datetime, membership_id: str) -> bytes:
    """Return a GetMembership of the signer's own membership."""
    return signed(target, signer, now, "GET", f"/v1/membership/{membership_id}")


def list_memberships(
    target: Target, signer: Signer, now: datetime, next_token: str | None = None
) -> bytes:
    """Return a ListMemberships of 25, from where `next_token` points."""
    body = {} if next_token is None else {"nextToken": next_token}
    return signed(target, signer, now, "POST", "/v1/memberships", json.dumps(body).encode())


def create_case(target: Target, signer: Signer, now: datetime, number: int) -> bytes:
    """Return a CreateCase of the signer's with a token of its own, about 1,000 bytes."""
    body = json.dumps(case_params(signer, now, number)).encode()
    return signed(target, signer, now, "POST", "/v1/create-case", body)


def case_params(signer: Signer, now: datetime, number: int) -> dict[str, object]:
    """Return the params of the signer's CreateCase `number`: three watchers, two tags."""
    return {
        "clientToken": str(UUID(int=number, version=4)),
        "resolverType": "Self",
        "title": f"Unusual API calls in {signer.account}",
        "description": "A key of a build server was used from an address that it never had. " * 4,
        "engagementType": "Security Incident",
        "reportedIncidentStartDate": int(now.timestamp()) - 3600,
        "impactedAccounts": [signer.account],
        "watchers": [
            {"name": f"Watcher {each}", "email": f"watcher-{each}@{signer.account}.example.com"}
            for each in ("one", "two", "three")
        ],
        "threatActorIpAddresses": [{"ipAddress": "192.0.2.7", "userAgent": "curl/8.1"}],
        "impactedServices": ["Amazon S3"],
        "impactedAwsRegions": [{"region": REGION}],
        "tags": {"team": "security", "cost-centre": "4711"},
    }


def get_case(target: Target, signer: Signer, now: datetime, case_id: str) -> bytes:
    """Return a GetCase of the signer's own case."""
    return signed(target, signer, now, "GET", f"/v1/cases/{case_id}/get-case")


def list_cases(
    target: Target, signer: Signer, now: datetime, next_token: str | None = None
) -> bytes:
    """Return a ListCases of 25, from where `next_token` points."""
    body = {} if next_token is None else {"nextToken": next_token}
    return signed(target, signer, now, "POST", "/v1/list-cases", json.dumps(body).encode())


def create_detector(target: Target, signer: Signer, now: datetime) -> bytes:
    """Return moto's nearest relative of CreateMembership: GuardDuty's CreateDetector."""
    body = json.dumps(
        {
            "clientToken": str(UUID(bytes=signer.secret_access_key[:16].encode(), version=4)),
            "enable": True,
            "findingPublishingFrequency": "ONE_HOUR",
            "tags": {"team": "security", "cost-centre": "4711"},
        }
    ).encode()
    return signed(target, signer, now, "POST", "/detector", body)


def get_detector(target: Target, signer: Signer, now: datetime, detector_id: str) -> bytes:
    """Return a GetDetector."""
    return signed(target, signer, now, "GET", f"/detector/{detector_id}")
