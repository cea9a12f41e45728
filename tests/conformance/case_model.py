"""What the service must answer of cases and comments, in plain Python, from the reference alone.

Sources: service-behaviour §2, §3 and §11 rows 4, 9 to 19, 21, 23, 26 and 38. Attachments and
investigations are in `evidence_model.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.conformance.service_answers import Refusal, Refused, Text, When
from tests.conformance.service_model import DENIED, NOT_FOUND, conflict, invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.service_model import (
        Caller,
        Membership,
        Operation,
        Output,
        Params,
        ServiceModel,
    )

SUBMITTED = "Submitted"
DETECTION = "Detection and Analysis"
CONTAINMENT = "Containment, Eradication and Recovery"
POST_INCIDENT = "Post-incident Activities"
# §2.2, the newest reference.
MOVES = {
    (SUBMITTED, DETECTION),
    (SUBMITTED, CONTAINMENT),
    (SUBMITTED, POST_INCIDENT),
    (DETECTION, CONTAINMENT),
    (DETECTION, POST_INCIDENT),
    (CONTAINMENT, DETECTION),
    (CONTAINMENT, POST_INCIDENT),
    (POST_INCIDENT, CONTAINMENT),
    (POST_INCIDENT, DETECTION),
}
# §3.1: what a limit is called by the administrator, its default and its code.
QUOTAS = {
    "activeSelfManagedCases": (100, "L-87F7FF63"),
    "activeServiceManagedCases": (50, "L-A44E2290"),
    "serviceManagedCasesPerDay": (50, "L-5052B1EE"),
}
# Each list of a case, how many it may hold, and by what two entries are the same (§11 row 18).
LISTS: dict[str, tuple[int, Callable[[Any], Any]]] = {
    "watchers": (30, lambda each: each["email"].lower()),
    "threatActorIpAddresses": (200, lambda each: (each["ipAddress"], each.get("userAgent"))),
    "impactedServices": (600, str),
    "impactedAwsRegions": (50, lambda each: each["region"]),
    "impactedAccounts": (200, str),
}
SCALARS = (
    "title",
    "description",
    "reportedIncidentStartDate",
    "actualIncidentStartDate",
    "engagementType",
)
MOST_METADATA = 30
RESPONDER = "AWS Responder"
MESSAGE = Text(r"(?s).{10,4096}")


@dataclass
class Comment:
    """A comment on a case; `by_customer` tells whose to edit it is."""

    body: str
    creator: str
    created: When
    updated: When
    updated_by: str
    by_customer: bool = True


@dataclass(frozen=True)
class Edit:
    """A change of a case as ListCaseEdits tells it."""

    moment: When
    principal: str
    action: str


@dataclass
class Case:
    """A case with all that hangs on it; `members` has what its callers wrote, in wire names."""

    case_id: str
    arn: str
    members: dict[str, Any]
    resolver: str
    created: When
    updated: When
    membership: Membership
    status: str = SUBMITTED
    pending: str = "None"
    closed: When | None = None
    closure_code: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    investigations: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_closed(self) -> bool:
        """Whether it is over for good."""
        return self.status == "Closed"

    def changed(
        self, model: ServiceModel, principal: str, action: str, moment: When | None = None
    ) -> When:
        """Note a change: its moment, its edit, and that the case is the latest that changed."""
        moment = moment or model.moment()
        self.updated = moment
        self.edits.append(Edit(moment, principal, action))
        cases = self.membership.cases
        cases[self.case_id] = cases.pop(self.case_id)
        return moment

    def of_customer(self, model: ServiceModel, caller: Caller, action: str) -> When:
        """Note a change by the customer, who thereby did what was asked for (§11 row 26)."""
        self.pending = "None"
        return self.changed(model, caller.arn, action)

    def tell_updated(self, model: ServiceModel, actor: str) -> None:
        """Note the event of a change that has no event of its own (§5.1)."""
        model.tell("Case Updated", self.arn, caseId=self.case_id, updatedBy=actor)


def own_case(model: ServiceModel, caller: Caller, params: Params) -> Case:
    """Return the caller's case; raises Refused (§11 row 4)."""
    case = model.active(caller).cases.get(params["caseId"])
    if case is None:
        raise Refused(NOT_FOUND)
    return case


def open_own_case(model: ServiceModel, caller: Caller, params: Params) -> Case:
    """Return the caller's case to be written to; raises Refused, when Closed too (§11 row 9)."""
    case = own_case(model, caller, params)
    if case.is_closed:
        raise Refused(conflict("Case", case.case_id))
    return case


def check_quotas(
    model: ServiceModel, membership: Membership, resolver: str, *, is_new: bool
) -> None:
    """Raise Refused where one more active case of that kind is too many (§3.1, §11 row 23)."""
    counted = sum(
        each.resolver == resolver and not each.is_closed for each in membership.cases.values()
    )
    names = {
        "activeServiceManagedCases" if resolver == "AWS" else "activeSelfManagedCases": counted
    }
    if resolver == "AWS" and is_new:
        names["serviceManagedCasesPerDay"] = membership.service_managed
    found = [
        Refusal(
            "ServiceQuotaExceededException",
            {
                "serviceCode": "security-ir",
                "quotaCode": QUOTAS[name][1],
                "resourceType": "Case",
                "resourceId": membership.caller.account,
            },
        )
        for name, count in names.items()
        if count >= model.limits.get(name, QUOTAS[name][0])
    ]
    if found:
        raise Refused(*found)


def create_case(model: ServiceModel, caller: Caller, params: Params, output: Output) -> Output:
    """Open a case (§2.1)."""
    membership = model.active(caller)
    check_quotas(model, membership, params["resolverType"], is_new=True)
    made = str(output.get("caseId", "nothing was made"))
    assert all(made not in each.cases for each in model.memberships if each.caller == caller)
    case = add_case(model, membership, made, params, caller.arn)
    model.tell("Case Created", case.arn, caseId=made, createdBy=caller.account)
    return {"caseId": made if re.fullmatch(r"\d{10}", made) else Text(r"\d{10}")}


def add_case(
    model: ServiceModel, membership: Membership, made: str, params: Params, principal: str
) -> Case:
    """Add a case to a membership."""
    moment, caller = model.moment(), membership.caller
    case = Case(
        made,
        f"arn:aws:security-ir:{caller.region}:{caller.account}:case/{made}",
        {name: params[name] for name in SCALARS if name in params}
        | {name: list(params.get(name, ())) for name in LISTS},
        params["resolverType"],
        moment,
        moment,
        membership,
        tags=dict(params.get("tags", {})),
        edits=[Edit(moment, principal, "Create case")],
    )
    membership.service_managed += case.resolver == "AWS"
    membership.cases[made] = case
    return case


def get_case(model: ServiceModel, caller: Caller, params: Params, output: Output) -> Output:
    """Tell all of a case; what it does not have is absent (§2.5)."""
    case = own_case(model, caller, params)
    # The service drew the ids of the attachments.
    for each, got in zip(case.attachments, output.get("caseAttachments", ()), strict=False):
        if isinstance(each["attachmentId"], Text):
            assert re.fullmatch(each["attachmentId"].pattern, got["attachmentId"])
            each["attachmentId"] = got["attachmentId"]
    told: Output = {
        **case.members,
        "caseArn": case.arn,
        "caseStatus": case.status,
        "resolverType": case.resolver,
        "pendingAction": case.pending,
        "createdDate": case.created,
        "lastUpdatedDate": case.updated,
    }
    if case.closed is not None:
        told["closedDate"] = case.closed
    if case.closure_code is not None:
        told["closureCode"] = case.closure_code
    if case.metadata:
        told["caseMetadata"] = [{"key": key, "value": each} for key, each in case.metadata.items()]
    if case.attachments:
        told["caseAttachments"] = case.attachments
    return told


def list_cases(model: ServiceModel, caller: Caller, _: Params, __: Output) -> Output:
    """Tell all cases, the one that changed last first (§2.6, §11 row 13)."""
    cases = model.active(caller).cases
    items = []
    for case in reversed(cases.values()):
        item = {
            "caseId": case.case_id,
            "lastUpdatedDate": case.updated,
            "title": case.members["title"],
            "caseArn": case.arn,
            "engagementType": case.members["engagementType"],
            "caseStatus": case.status,
            "createdDate": case.created,
            "resolverType": case.resolver,
            "pendingAction": case.pending,
        }
        items.append(item if case.closed is None else item | {"closedDate": case.closed})
    return {"items": items, "total": len(items)}


def update_case(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Change what is given; sets forget what is not there and know what is (§2.4, §11 row 18)."""
    case = open_own_case(model, caller, params)
    members = case.members | {name: params[name] for name in SCALARS if name in params}
    for name, (most, identity) in LISTS.items():
        gone = {identity(each) for each in params.get(name + "ToDelete", ())}
        kept = [each for each in members[name] if identity(each) not in gone]
        for each in params.get(name + "ToAdd", ()):
            if identity(each) not in map(identity, kept):
                kept.append(each)
        if len(kept) > most:
            raise Refused(Refusal("ValidationException"))
        members[name] = kept
    given = {each["key"]: each["value"] for each in params.get("caseMetadata", ())}
    metadata = case.metadata | given
    if len(metadata) > MOST_METADATA:
        raise Refused(Refusal("ValidationException"))
    if (members, metadata) != (case.members, case.metadata):
        case.members, case.metadata = members, metadata
        case.of_customer(model, caller, "Update case")
        case.tell_updated(model, caller.account)
    return {}


def update_case_status(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Move a self-managed case along (§2.2, §11 row 9)."""
    case, wanted = own_case(model, caller, params), params["caseStatus"]
    found = []
    if case.is_closed:
        found.append(conflict("Case", case.case_id))
    if case.resolver == "AWS":
        found.append(invalid())
    if found:
        raise Refused(*found)
    if wanted != case.status:
        if (case.status, wanted) not in MOVES:
            raise Refused(conflict("Case", case.case_id))
        case.status = wanted
        case.of_customer(model, caller, "Update case status")
        case.tell_updated(model, caller.account)
    return {"caseStatus": case.status}


def update_resolver_type(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Hand a case over to the responders, once and for ever (§2.3, §11 row 10)."""
    case, wanted = open_own_case(model, caller, params), params["resolverType"]
    if case.resolver == "AWS" and wanted == "Self":
        raise Refused(invalid())
    if wanted != case.resolver:
        check_quotas(model, case.membership, "AWS", is_new=False)
        case.resolver, case.status = "AWS", SUBMITTED
        case.of_customer(model, caller, "Update resolver type")
        case.tell_updated(model, caller.account)
    return {"caseId": case.case_id, "caseStatus": case.status, "resolverType": case.resolver}


def close_case(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Close a case; again tells when it was (§2.2, §11 row 9)."""
    case = own_case(model, caller, params)
    if not case.is_closed:
        case.status = "Closed"
        case.closed = case.of_customer(model, caller, "Close case")
        model.tell("Case Closed", case.arn, caseId=case.case_id)
    return {"caseStatus": "Closed", "closedDate": case.closed}


def list_case_edits(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Tell every change of a case, oldest first (§2.9, §11 rows 12 to 14)."""
    case = own_case(model, caller, params)
    items = [
        {
            "eventTimestamp": each.moment,
            "principal": each.principal,
            "action": each.action,
            "message": MESSAGE,
        }
        for each in case.edits
    ]
    return {"items": items, "total": len(items)}


def create_case_comment(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Add a comment; ids count up from 000000 in each case (§2.7, §11 row 15)."""
    case = open_own_case(model, caller, params)
    moment = case.of_customer(model, caller, "Add comment")
    comment = Comment(params["body"], caller.arn, moment, moment, caller.arn)
    case.comments.append(comment)
    model.tell("Case Comment Added", case.arn, caseId=case.case_id, createdBy=caller.account)
    return {"commentId": f"{len(case.comments) - 1:06d}"}


def update_case_comment(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Change one's own side's comment (§2.7, §11 row 15)."""
    case, number = own_case(model, caller, params), int(params["commentId"])
    found = [conflict("Case", case.case_id)] if case.is_closed else []
    if number >= len(case.comments):
        raise Refused(NOT_FOUND, *found)
    comment = case.comments[number]
    if not comment.by_customer:
        found.append(DENIED)
    if found:
        raise Refused(*found)
    if comment.body != params["body"]:
        comment.body, comment.updated_by = params["body"], caller.arn
        comment.updated = case.of_customer(model, caller, "Update comment")
        model.tell("Case Comment Updated", case.arn, caseId=case.case_id, updatedBy=caller.account)
    return {"commentId": params["commentId"], "body": comment.body}


def list_comments(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Tell the comments, oldest first (§11 row 13)."""
    case = own_case(model, caller, params)
    items = [
        {
            "commentId": f"{number:06d}",
            "createdDate": each.created,
            "lastUpdatedDate": each.updated,
            "creator": each.creator,
            "lastUpdatedBy": each.updated_by,
            "body": each.body,
        }
        for number, each in enumerate(case.comments)
    ]
    return {"items": items, "total": len(items)}


OF_CASES: dict[str, Operation] = {
    "CloseCase": close_case,
    "CreateCase": create_case,
    "CreateCaseComment": create_case_comment,
    "GetCase": get_case,
    "ListCaseEdits": list_case_edits,
    "ListCases": list_cases,
    "ListComments": list_comments,
    "UpdateCase": update_case,
    "UpdateCaseComment": update_case_comment,
    "UpdateCaseStatus": update_case_status,
    "UpdateResolverType": update_resolver_type,
}
