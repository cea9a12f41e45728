"""A membership whose Triage is on, the two clients around it, and what became of its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from tests.conformance.larum_clients import larum_client
from tests.conformance.page import smallest, without_metadata
from tests.finding_documents import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conformance.instances import Instance
    from tests.finding_documents import Document

TRIAGE = [{"featureName": "Triage", "isEnabled": True}]


class Triaged:
    """A membership of `account`, and the administrator who takes findings in for it."""

    def __init__(self, instance: Instance, account: str, **more: Any) -> None:
        self.account = account
        self.where = {"accountId": account, "region": "us-east-1"}
        self.holder: Any = instance.client(account=account)
        self.administrator = larum_client(instance)
        request = {"optInFeatures": TRIAGE} | more
        self.id = self.holder.create_membership(**smallest(**request))["membershipId"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.holder.close()
        self.administrator.close()

    def own(self, *documents: Document) -> list[str]:
        """Return documents as texts, of this account."""
        for each in documents:
            each["AwsAccountId" if "AwsAccountId" in each else "accountId"] = self.account
        return texts(*documents)

    def ingest(self, *documents: Document) -> dict[str, Any]:
        """Take in documents of this account."""
        return self.ingest_texts(self.own(*documents))

    def ingest_texts(self, given: Sequence[str]) -> dict[str, Any]:
        """Take in documents as they are."""
        answer = self.administrator.ingest_findings(**self.where, findings=list(given))
        return without_metadata(answer)

    def findings(self, **asked: Any) -> list[dict[str, Any]]:
        """Return every finding, the oldest first."""
        pages = self.administrator.get_paginator("list_findings").paginate(
            **self.where, PaginationConfig={"PageSize": 100}, **asked
        )
        return [each for page in pages for each in page["items"]][::-1]

    def statuses(self) -> list[str]:
        """Return the status of every finding, the oldest first."""
        return [str(each["status"]) for each in self.findings()]

    def cases(self) -> list[dict[str, Any]]:
        """Return every case as GetCase tells it, with its id, the oldest first."""
        pages = self.holder.get_paginator("list_cases").paginate()
        ids = [each["caseId"] for page in pages for each in page["items"]]
        found = [self.holder.get_case(caseId=each) | {"caseId": each} for each in ids]
        return sorted(found, key=lambda each: each["createdDate"])

    def put_rule(self, name: str = "a rule", **rule: Any) -> None:
        """Put a triage rule."""
        given = {"priority": 10, "outcome": "suppress"} | rule
        self.administrator.put_triage_rule(**self.where, name=name, **given)

    def advance(self, step: str, *finding_ids: str) -> dict[str, Any]:
        """Say how findings stand."""
        answer = self.administrator.advance_findings(
            **self.where, findingIds=list(finding_ids), step=step
        )
        return without_metadata(answer)
