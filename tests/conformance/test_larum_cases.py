"""Cases of any account as the operator reads them, archived ones too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.page import smallest, without_metadata
from tests.conformance.supported_cases import opening, supported

if TYPE_CHECKING:
    from tests.conformance.instances import Instance
    from tests.conformance.supported_cases import Supported


def listed(it: Supported, size: int = 100, **more: Any) -> list[str]:
    """Return the ids that the operator's ListCases gives, by pages of that size."""
    customer = {name: it.named[name] for name in ("accountId", "region")}
    pages = it.responder.get_paginator("list_cases").paginate(
        **customer, **more, PaginationConfig={"PageSize": size}
    )
    return [item["caseId"] for page in pages for item in page["items"]]


def test_the_operator_reads_what_the_customer_reads(connect: Instance, account: str) -> None:
    """GetCase and the lists say the same to both, and to the operator whose case it is."""
    with supported(connect, account, "Self") as it:
        it.customer.create_case_comment(caseId=it.case_id, body="First look.")
        theirs = without_metadata(it.responder.get_case(**it.named))
        ours = without_metadata(it.case)
        assert {name: theirs[name] for name in ours} == ours
        assert {name: theirs[name] for name in theirs.keys() - ours.keys()} == {
            **it.named,
            "membershipId": it.membership_id,
            "archived": False,
            "tags": {},
        }
        for name in ("list_comments", "list_case_edits", "list_investigations"):
            seen = without_metadata(getattr(it.responder, name)(**it.named))
            assert seen == without_metadata(getattr(it.customer, name)(caseId=it.case_id))
        other = it.customer.create_case(**opening())["caseId"]
        (first, second) = it.responder.list_cases(accountId=account, region="us-east-1")["items"]
        assert [first["caseId"], second["caseId"]] == [other, it.case_id]
        assert {each["membershipId"] for each in (first, second)} == {it.membership_id}
        theirs = without_metadata(second)
        del theirs["membershipId"]
        assert theirs == it.customer.list_cases()["items"][1]


def test_archived_cases_are_read_and_nothing_else(connect: Instance, account: str) -> None:
    """After a cancellation only the operator reaches the cases, in lists of any page size."""
    with supported(connect, account) as it:
        mine = [*(it.customer.create_case(**opening())["caseId"] for _ in range(2)), it.case_id]
        it.customer.create_case_comment(caseId=it.case_id, body="Kept.")
        assert (listed(it), listed(it, archived=True)) == (mine[::-1], [])
        it.customer.cancel_membership(membershipId=it.membership_id)
        assert (listed(it), listed(it, archived=True)) == ([], mine[::-1])
        second = it.customer.create_membership(**smallest())["membershipId"]
        new = it.customer.create_case(**opening())["caseId"]
        with pytest.raises(it.customer.exceptions.ResourceNotFoundException):
            it.customer.get_case(caseId=it.case_id)
        assert (listed(it), listed(it, archived=True)) == ([new], mine[::-1])
        it.customer.cancel_membership(membershipId=second)
        for size in (1, 2, 3, 4, 100):
            assert listed(it, size, archived=True) == [new, *mine[::-1]]
        answer = it.responder.list_cases(accountId=account, region="us-east-1", archived=True)
        assert answer["total"] == 4
        assert [each["membershipId"] for each in answer["items"]] == [
            second,
            *[it.membership_id] * 3,
        ]
        case = it.responder.get_case(**it.named)
        assert (case["archived"], case["caseStatus"]) == (True, "Submitted")
        assert it.responder.list_comments(**it.named)["items"][0]["body"] == "Kept."
        assert it.responder.list_case_edits(**it.named)["total"] == 2
        assert it.responder.list_investigations(**it.named)["investigationActions"] == []


def test_the_cases_of_one_membership_can_be_listed(connect: Instance, account: str) -> None:
    """`membershipId` leaves all others out, archived or not, in pages of any size."""
    with supported(connect, account) as it:
        made = {it.membership_id: [it.case_id]}
        for _ in range(2):
            it.customer.cancel_membership(membershipId=[*made][-1])
            made[it.customer.create_membership(**smallest())["membershipId"]] = mine = []
            mine += [it.customer.create_case(**opening())["caseId"] for _ in range(3)]
        *ended, active = made
        for membership_id in ended:
            assert listed(it, membershipId=membership_id) == []
            for size in (1, 2, 3, 100):
                found = listed(it, size, archived=True, membershipId=membership_id)
                assert found == made[membership_id][::-1]
        assert listed(it, membershipId=active) == made[active][::-1]
        assert listed(it, archived=True, membershipId=active) == []
        assert listed(it, archived=True, membershipId="m-0000000000") == []
        named = {"accountId": account, "region": "us-east-1", "membershipId": ended[1]}
        assert it.responder.list_cases(**named, archived=True)["total"] == 3
        assert it.responder.list_cases(**named)["total"] == 0


def test_a_token_of_one_list_opens_no_other(connect: Instance, account: str, stranger: str) -> None:
    """A nextToken is bound to the account and to whether archived cases are listed."""
    with supported(connect, account) as it:
        it.customer.create_case(**opening())
        given = {"accountId": account, "region": "us-east-1", "maxResults": 1}
        token = it.responder.list_cases(**given)["nextToken"]
        for other in ({"archived": True}, {"accountId": stranger}):
            with pytest.raises(it.responder.exceptions.ValidationException):
                it.responder.list_cases(**given | other, nextToken=token)


def test_what_is_nowhere_is_not_found(connect: Instance, account: str) -> None:
    """Reads of a case that is not there are 404; the list of an account without any is empty."""
    with supported(connect, account) as it:
        nobodys = it.named | {"region": "eu-west-1"}
        reads = ("get_case", "list_comments", "list_case_edits", "list_investigations")
        for name in reads:
            with pytest.raises(it.responder.exceptions.ResourceNotFoundException):
                getattr(it.responder, name)(**nobodys)
        for archived in (True, False):
            answer = it.responder.list_cases(
                accountId="999999999999", region="us-east-1", archived=archived
            )
            assert without_metadata(answer) == {"items": [], "total": 0}
