"""Requests for the tests of the store and of faults: small, many, and as any account.

`relaxed` requests need no key (`Settings(auth="relaxed")`): the twelve digits are the account.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from msgspec.structs import replace as altered

from larum.settings import Settings
from larum.wire.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from larum.service import Service

RELAXED = Settings(auth="relaxed")
TEAM: list[dict[str, Any]] = [
    {"name": "Ana Alvarez", "jobTitle": "Engineer", "email": "ana@example.com"},
    {"name": "Bob Brown", "jobTitle": "On call", "email": "bob@example.com"},
]
CREATE = "/v1/membership"


def account(number: int) -> str:
    """Return twelve digits that are nobody's else."""
    return f"{900_000_000_000 + number}"


def membership(token: str | None = None, **members: Any) -> dict[str, Any]:
    """Return a valid input of CreateMembership."""
    params: dict[str, Any] = {"membershipName": "Example Corp", "incidentResponseTeam": TEAM}
    if token is not None:
        params["clientToken"] = token
    return params | members


def headers(account_id: str, region: str = "us-east-1") -> dict[str, str]:
    """Return headers that the relaxed mode believes."""
    return {
        "authorization": (
            f"AWS4-HMAC-SHA256 Credential={account_id}/20261122/{region}/security-ir/aws4_request, "
            f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
        ),
        "content-type": "application/json",
        "x-amz-date": "20261122T000000Z",
    }


def relaxed_request(account_id: str, method: str, path: str, params: object = None) -> HttpRequest:
    """Return a request for `Service.handle`."""
    sent = tuple(headers(account_id).items())
    body = b"" if params is None else json.dumps(params).encode()
    return HttpRequest(method, path, "", (("host", "localhost"), *sent), body)


def create(service: Service, account_id: str, token: str | None, **members: Any) -> Answer:
    """Create a membership in process."""
    params = membership(token, **members)
    return Answer.of(service.handle(relaxed_request(account_id, "POST", CREATE, params)))


def get(service: Service, account_id: str, membership_id: str) -> Answer:
    """Read a membership in process."""
    return Answer.of(
        service.handle(relaxed_request(account_id, "GET", f"{CREATE}/{membership_id}"))
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, with its JSON read; header names in lower case."""

    status: int
    headers: dict[str, str]
    output: dict[str, Any]

    @classmethod
    def of(cls, response: HttpResponse) -> Answer:
        """Read an answer of the service in process."""
        output = json.loads(response.body) if response.body else {}
        return cls(response.status, dict(response.headers), output)

    @property
    def told(self) -> tuple[int, str]:
        """The status and the error's name."""
        return self.status, self.error

    @property
    def error(self) -> str:
        """The error's name, or nothing."""
        return self.headers.get("x-amzn-errortype", "")

    @property
    def membership_id(self) -> str:
        """The id that a CreateMembership answered."""
        return str(self.output["membershipId"])


class Wire:
    """A kept-alive connection to a server in relaxed mode; not for many threads at once."""

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._connection = HTTPConnection(parts.hostname, parts.port, timeout=timeout)

    def __enter__(self) -> Self:
        """Be used in a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def call(self, account_id: str, method: str, path: str, params: object = None) -> Answer:
        """Send a request and read the answer; raises OSError or HTTPException."""
        body = None if params is None else json.dumps(params)
        try:
            self._connection.request(method, path, body, headers(account_id))
            response = self._connection.getresponse()
            text = response.read()
        except BaseException:
            self._connection.close()
            raise
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, told, json.loads(text) if text else {})

    def create(self, account_id: str, token: str | None, **members: Any) -> Answer:
        """Create a membership."""
        return self.call(account_id, "POST", CREATE, membership(token, **members))

    def get(self, account_id: str, membership_id: str) -> Answer:
        """Read a membership."""
        return self.call(account_id, "GET", f"{CREATE}/{membership_id}")


def create_raw(service: Service, account_id: str, body: str) -> Answer:
    """Create a membership in process from the text of a body."""
    asked = relaxed_request(account_id, "POST", CREATE)
    return Answer.of(service.handle(altered(asked, body=body.encode())))


def call(
    service: Service, account_id: str, method: str, path: str, params: object = None
) -> Answer:
    """Call any operation in process."""
    return Answer.of(service.handle(relaxed_request(account_id, method, path, params)))
