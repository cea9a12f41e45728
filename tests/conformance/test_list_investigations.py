"""list_investigations: what the responder's side put there, oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.page import without_metadata
from tests.conformance.supported_cases import supported

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def test_a_case_has_none_at_first(connect: Instance, account: str) -> None:
    """`investigationActions` is there, and empty."""
    with supported(connect, account, "Self") as it:
        answer = it.customer.list_investigations(caseId=it.case_id)
        assert without_metadata(answer) == {"investigationActions": []}


def test_investigations_are_read_as_they_were_put(connect: Instance, account: str) -> None:
    """Each has its members, without feedback until some is sent; pages give each one once."""
    with supported(connect, account) as it:
        kinds = ["Evidence", "Investigation", "Summarization"]
        made = [
            it.responder.put_investigation(
                **it.named, actionType=kind, title=f"The {kind}", content="# One\n\n**key**"
            )["investigationId"]
            for kind in kinds
        ]
        whole = it.customer.list_investigations(caseId=it.case_id)["investigationActions"]
        assert [each["investigationId"] for each in whole] == made
        assert [each["actionType"] for each in whole] == kinds
        first = dict(whole[0])
        assert first.pop("lastUpdated") is not None
        assert first == {
            "investigationId": made[0],
            "actionType": "Evidence",
            "title": "The Evidence",
            "content": "# One\n\n**key**",
            "status": "Pending",
        }
        pages = it.customer.get_paginator("list_investigations")
        for size in (1, 2):
            found = pages.paginate(caseId=it.case_id, PaginationConfig={"PageSize": size})
            assert [e for page in found for e in page["investigationActions"]] == whole
