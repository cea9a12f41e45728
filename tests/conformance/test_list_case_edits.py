"""list_case_edits: each change of a case once, oldest first, in words that give nothing away."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import larum
from tests.conformance.cases import EVERY_PARAMETER, NO_SUCH_CASE, customer
from tests.conformance.page import failed_fields
from tests.edge.larum_servers import ADMINISTRATOR

if TYPE_CHECKING:
    from tests.conformance.instances import Instance

AUDIT = "SELECT record FROM audit_records WHERE case_arn = :case_arn ORDER BY sequence"


def test_every_change_is_one_edit(connect: Instance, account: str) -> None:
    """Each operation that changed the case is there by its own name, with who and when."""
    who = customer(connect, account)
    case_id = who.opened()
    who.client.update_case(caseId=case_id, title="Changed")
    who.client.update_case(caseId=case_id, title="Changed")
    who.client.update_case_status(caseId=case_id, caseStatus="Detection and Analysis")
    who.client.tag_resource(resourceArn=who.arn(case_id), tags={"a": "1", "b": "2"})
    who.client.tag_resource(resourceArn=who.arn(case_id), tags={"a": "1"})
    who.client.untag_resource(resourceArn=who.arn(case_id), tagKeys=["a", "c"])
    who.client.update_resolver_type(caseId=case_id, resolverType="AWS")
    who.client.close_case(caseId=case_id)
    found = who.edits(case_id)
    assert [(each["action"], each["message"]) for each in found] == [
        ("Create case", "Created the case."),
        ("Update case", "Updated title."),
        ("Update case status", "Changed the status from Submitted to Detection and Analysis."),
        ("Add tag", "Added or changed 2 tags."),
        ("Remove tag", "Removed 1 tag."),
        ("Update resolver type", "Changed the resolver from Self to AWS."),
        ("Close case", "Closed the case."),
    ]
    assert {each["principal"] for each in found} == {f"arn:aws:iam::{account}:root"}
    times = [each["eventTimestamp"] for each in found]
    assert times == sorted(times)
    assert abs(datetime.now(UTC) - times[0]) < timedelta(minutes=1)
    assert all(10 <= len(each["message"]) <= 4096 for each in found)


def test_every_page_size_gives_the_same_edits(connect: Instance, account: str) -> None:
    """Pages of any size give each edit once; total is how many there are; new ones come last."""
    who = customer(connect, account)
    case_id, other = who.opened(), who.opened()
    for number in range(29):
        who.client.update_case(caseId=case_id, title=f"Number {number}")
        who.client.update_case(caseId=other, title=f"Number {number}")
    first = who.client.list_case_edits(caseId=case_id)
    assert (len(first["items"]), first["total"]) == (25, 30)
    whole = who.edits(case_id)
    for size in (1, 7, 15, 25):
        pages = who.client.get_paginator("list_case_edits").paginate(
            caseId=case_id, PaginationConfig={"PageSize": size}
        )
        assert [each for page in pages for each in page["items"]] == whole
    who.client.close_case(caseId=case_id)
    rest = who.client.list_case_edits(caseId=case_id, nextToken=first["nextToken"])
    assert [each["action"] for each in rest["items"]] == ["Update case"] * 5 + ["Close case"]
    assert "nextToken" not in rest
    with pytest.raises(who.client.exceptions.ValidationException) as caught:
        who.client.list_case_edits(caseId=other, nextToken=first["nextToken"])
    assert failed_fields(caught.value).keys() == {"nextToken"}


def test_a_case_that_is_not_there_has_no_edits(
    connect: Instance, account: str, stranger: str
) -> None:
    """Another account's case and a case of nobody are not found."""
    theirs = customer(connect, stranger).opened()
    client = customer(connect, account).client
    for case_id in (theirs, NO_SUCH_CASE):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.list_case_edits(caseId=case_id)


def test_an_edit_is_the_audit_record_of_its_call() -> None:
    """There is an audit record for each edit and no other of the case, with the same words."""
    with larum.Service() as service:
        who = customer(service, ADMINISTRATOR)
        case_id = who.opened(clientToken="once", **EVERY_PARAMETER)
        who.opened(clientToken="once", **EVERY_PARAMETER)
        who.client.update_case(caseId=case_id, description="More.")
        key = {"case_arn": who.arn(case_id)}
        records = [
            json.loads(text) for (text,) in service.engine.read(lambda tx: tx.rows(AUDIT, key))
        ]
        assert [each["eventName"] for each in records] == ["CreateCase", "UpdateCase"]
        assert [each["caseEdit"] for each in records] == [
            {name: each[name] for name in ("principal", "action", "message")}
            for each in who.edits(case_id)
        ]


def test_nothing_sensitive_is_in_the_audit() -> None:
    """No value of a case, of its people or of its tags stands in any record of the installation."""
    with larum.Service() as service:
        who = customer(service, ADMINISTRATOR)
        case_id = who.opened(tags={"secret-key": "secret-value"}, **EVERY_PARAMETER)
        who.client.update_case(
            caseId=case_id,
            title="secret-title",
            watchersToAdd=[{"email": "secret@example.com"}],
            caseMetadata=[{"key": "secret-key", "value": "secret-value"}],
        )
        who.client.untag_resource(resourceArn=who.arn(case_id), tagKeys=["secret-key"])
        rows = service.engine.read(lambda tx: tx.rows("SELECT record FROM audit_records", {}))
        text = "".join(each for (each,) in rows)
        assert "secret" not in text
        for word in ("Unusual", "Carol", "carol@", "192.0.2.7", "curl", "Seen at night"):
            assert word not in text
