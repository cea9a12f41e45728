"""A call of each writing operation that does something, with what it needs made before: WORKS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.conformance.page import smallest
from tests.errors.stage import opening

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.errors.stage import Stage


def _of_new_case(operation: str) -> Callable[[Stage], dict[str, Any]]:
    def params(stage: Stage) -> dict[str, Any]:
        made = stage.params(operation, stage.case())
        made.pop("clientToken", None)  # the SDK fills it in
        return made

    return params


def _of_membership(**more: Any) -> Callable[[Stage], dict[str, Any]]:
    return lambda stage: {"membershipId": stage.membership_id, **more}


def _feedback(stage: Stage) -> dict[str, Any]:
    named = {"accountId": stage.account, "region": "us-east-1", "caseId": stage.case("AWS")}
    put = stage.responder.put_investigation(
        **named, actionType="Evidence", title="Keys", content="None."
    )
    params = stage.params("SendFeedback", named["caseId"])
    return params | {"resultId": put["investigationId"]}


def _comment(stage: Stage) -> dict[str, Any]:
    case_id = stage.case()
    stage.client.create_case_comment(caseId=case_id, body="First look.")
    return stage.params("UpdateCaseComment", case_id)


def _untag(stage: Stage) -> dict[str, Any]:
    case_id = stage.case(tags={"team": "blue"})
    return {"resourceArn": stage.arn(f"case/{case_id}"), "tagKeys": ["team", "none"]}


def _create_case(stage: Stage) -> dict[str, Any]:
    assert stage.membership_id
    return opening()


WORKS: Final[dict[str, Callable[[Stage], dict[str, Any]]]] = {
    "CancelMembership": _of_membership(),
    "CloseCase": _of_new_case("CloseCase"),
    "CreateCase": _create_case,
    "CreateCaseComment": _of_new_case("CreateCaseComment"),
    "CreateMembership": lambda _stage: smallest(),
    "GetCaseAttachmentUploadUrl": _of_new_case("GetCaseAttachmentUploadUrl"),
    "SendFeedback": _feedback,
    "TagResource": _of_new_case("TagResource"),
    "UntagResource": _untag,
    "UpdateCase": _of_new_case("UpdateCase"),
    "UpdateCaseComment": _comment,
    "UpdateCaseStatus": _of_new_case("UpdateCaseStatus"),
    "UpdateMembership": _of_membership(membershipName="Another name"),
    "UpdateResolverType": _of_new_case("UpdateResolverType"),
}
