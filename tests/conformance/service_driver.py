"""Calls the service through boto3 and the model beside it, and compares every answer.

One driver serves the state machine and the clients of the kill test: whatever happens to the
server in between, each call must be answered as the model says, and `look` must find everything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from botocore import xform_name
from botocore.exceptions import ClientError

from tests.conformance.service_answers import (
    Moments,
    Refused,
    differences,
    refusal_differences,
)
from tests.conformance.service_model import OPERATOR, Caller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.conformance.case_model import Case
    from tests.conformance.service_model import Output, Params, ServiceModel

# The lists, the member with the items, and the operations' largest and default page.
LISTS = {
    "ListCaseEdits": "items",
    "ListCases": "items",
    "ListComments": "items",
    "ListInvestigations": "investigationActions",
    "ListMemberships": "items",
}
LARGEST_PAGE = 25


class Connect(Protocol):
    """Gives boto3 clients, which try once and see no answer as an error."""

    def __call__(self, caller: Caller, service: str) -> Any:  # noqa: ANN401 - made by botocore
        """Return the client of a caller, for `security-ir` or `larum`."""
        ...


class DisagreementError(AssertionError):
    """The service did not do what the model says."""


@dataclass
class Driver:
    """The service behind `connect`, the model, and what connects them."""

    model: ServiceModel
    connect: Connect
    operator: Caller = OPERATOR
    random: Random = field(default_factory=lambda: Random(0))
    moments: Moments = field(default_factory=Moments)
    # How many calls each operation answered, and with which error.
    told: dict[tuple[str, str], int] = field(default_factory=dict)
    differs: bool = False

    def call(self, caller: Caller, operation: str, params: Params) -> Output | None:
        """Make a call; raises DisagreementError where the model would have another answer.

        Returns the answer, None for a refusal. Whatever botocore raises for a call without an
        answer passes through, and the model has not heard of the call.
        """
        answered = self.send(caller, operation, params)
        self.compare(caller, operation, params, answered)
        return None if isinstance(answered, ClientError) else answered

    def send(self, caller: Caller, operation: str, params: Params) -> Output | ClientError:
        """Make a call and return what was answered; lists are read page by page."""
        service, _, name = operation.rpartition(":")
        if service == "bytes":
            return _carried(params)
        function = getattr(self.connect(caller, service or "security-ir"), xform_name(name))
        try:
            if name in LISTS:
                return self._pages(function, LISTS[name], params)
            return _without_metadata(function(**params))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise
            return error

    def compare(
        self, caller: Caller, operation: str, params: Params, answered: Output | ClientError
    ) -> None:
        """Let the model take the call; raises DisagreementError where it answers otherwise."""
        error = answered if isinstance(answered, ClientError) else None
        output: Output = {} if isinstance(answered, ClientError) else answered
        code = "" if error is None else error.response["Error"]["Code"]
        self.told[operation, code] = self.told.get((operation, code), 0) + 1
        try:
            expected = self.model.take(caller, operation, params, output)
        except Refused as refused:
            if error is None:
                found = [f"answered {output}, expected {refused}"]
            else:
                found = refusal_differences(refused, error.response)
        else:
            if error is not None:
                found = [f"refused: {error}"]
            else:
                found = differences(expected, output, self.moments)
        if found:
            self.differs = True
            raise DisagreementError("\n  ".join([f"{operation} {params} by {caller}", *found]))

    def _pages(self, function: Callable[..., Output], items: str, params: Params) -> Output:
        """Read a list whole, with pages of random sizes; nothing changes meanwhile."""
        whole: Output = {items: []}
        token: dict[str, str] = {}
        while True:
            size = self.random.choice((1, 3, 7, LARGEST_PAGE, None, None))
            most = {} if size is None else {"maxResults": size}
            page = _without_metadata(function(**params, **most, **token))
            limit = size or (20 if items == "investigationActions" else LARGEST_PAGE)
            assert len(page[items]) <= limit, f"{len(page[items])} in a page of {limit}"
            whole[items] += page[items]
            if "total" in page:
                assert whole.setdefault("total", page["total"]) == page["total"]
            if "nextToken" not in page:
                return whole
            assert len(page[items]) == limit, "a page that is not the last is not full"
            token = {"nextToken": page["nextToken"]}

    def look(self, case: Case) -> None:
        """Compare all that can be seen of a case, and the list that it is in."""
        caller = case.membership.caller
        self.call(caller, "ListCases", {})
        if case.membership.status == "Active":
            self._look_as_customer(case)

    def look_at_everything(self) -> None:
        """Compare all that can be seen at all, by the customer and by the operator."""
        for account in self.model.kinds:
            self.call(Caller(account), "ListMemberships", {})
        for membership in self.model.memberships:
            caller = membership.caller
            self.call(caller, "ListCases", {})
            self.call(caller, "GetMembership", {"membershipId": membership.membership_id})
            self.call(caller, "ListTagsForResource", {"resourceArn": membership.arn})
            holder = {"accountId": caller.account, "region": caller.region}
            for archived in (False, True):
                self.call(self.operator, "larum:ListCases", holder | {"archived": archived})
            for case in membership.cases.values():
                if membership.status == "Active":
                    self._look_as_customer(case)
                    continue
                about = holder | {"caseId": case.case_id}
                for operation in ("GetCase", "ListComments", "ListCaseEdits"):
                    self.call(self.operator, f"larum:{operation}", about)

    def _look_as_customer(self, case: Case) -> None:
        caller, about = case.membership.caller, {"caseId": case.case_id}
        for operation in ("GetCase", "ListComments", "ListCaseEdits", "ListInvestigations"):
            self.call(caller, operation, about)
        self.call(caller, "ListTagsForResource", {"resourceArn": case.arn})


def _carried(params: Params) -> Output:
    """PUT the body of `params` to its URL, or GET what is there; raises OSError, HTTPException."""
    parts = urlsplit(params["url"])
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        upload = "body" in params
        headers = {"If-None-Match": "*"} if upload else {}
        path = f"{parts.path}?{parts.query}"
        connection.request("PUT" if upload else "GET", path, params.get("body"), headers)
        response = connection.getresponse()
        body = response.read()
        if response.status >= 500:
            raise HTTPException(f"{response.status}")
    finally:
        connection.close()
    read = {} if upload or response.status != 200 else {"body": body}
    return {"status": response.status} | read


def _without_metadata(response: Mapping[str, Any]) -> Output:
    return {name: each for name, each in response.items() if name != "ResponseMetadata"}
