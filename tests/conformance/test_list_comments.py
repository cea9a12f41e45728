"""list_comments: oldest first, counted whole, in pages that neither skip nor repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.page import without_metadata
from tests.conformance.supported_cases import opening, supported

if TYPE_CHECKING:
    from tests.conformance.instances import Instance


def test_pages_give_every_comment_once(connect: Instance, account: str) -> None:
    """Pages of any size give the comments in the order of their ids, and the total with each."""
    with supported(connect, account, "Self") as it:
        assert without_metadata(it.customer.list_comments(caseId=it.case_id)) == {
            "items": [],
            "total": 0,
        }
        for number in range(7):
            it.customer.create_case_comment(caseId=it.case_id, body=f"{number}")
        whole = it.customer.list_comments(caseId=it.case_id)
        assert whole["total"] == 7
        assert "nextToken" not in whole
        assert [each["commentId"] for each in whole["items"]] == [f"00000{n}" for n in range(7)]
        pages = it.customer.get_paginator("list_comments")
        for size in (1, 3, 7):
            found = list(pages.paginate(caseId=it.case_id, PaginationConfig={"PageSize": size}))
            assert [each for page in found for each in page["items"]] == whole["items"]
            assert {page["total"] for page in found} == {7}


def test_a_page_goes_on_where_the_last_one_ended(connect: Instance, account: str) -> None:
    """Comments and edits between two pages make no comment appear twice or not at all."""
    with supported(connect, account, "Self") as it:
        for number in range(3):
            it.customer.create_case_comment(caseId=it.case_id, body=f"{number}")
        first = it.customer.list_comments(caseId=it.case_id, maxResults=2)
        it.customer.update_case_comment(caseId=it.case_id, commentId="000002", body="changed")
        it.customer.create_case_comment(caseId=it.case_id, body="3")
        rest = it.customer.list_comments(caseId=it.case_id, nextToken=first["nextToken"])
        bodies = [each["body"] for each in [*first["items"], *rest["items"]]]
        assert bodies == ["0", "1", "changed", "3"]


def test_a_token_opens_no_other_case(connect: Instance, account: str) -> None:
    """A nextToken of one case is refused for another one."""
    with supported(connect, account, "Self") as it:
        other = it.customer.create_case(**opening("Self"))["caseId"]
        for number in range(2):
            it.customer.create_case_comment(caseId=it.case_id, body=f"{number}")
        token = it.customer.list_comments(caseId=it.case_id, maxResults=1)["nextToken"]
        with pytest.raises(it.customer.exceptions.ValidationException):
            it.customer.list_comments(caseId=other, nextToken=token)


def test_the_comments_of_a_closed_case_stay_readable(connect: Instance, account: str) -> None:
    """Closing ends the writing, not the reading."""
    with supported(connect, account, "Self") as it:
        it.customer.create_case_comment(caseId=it.case_id, body="Kept.")
        it.customer.close_case(caseId=it.case_id)
        assert [each["body"] for each in it.comments] == ["Kept."]
