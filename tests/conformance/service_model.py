"""What the service must answer, in plain Python: memberships, tags, client tokens, the way in.

Written from the reference alone (service-behaviour §1 to §3 and §11); nothing here knows how the
product works. `ServiceModel.take` is told a call and what was answered (for the ids that the
service draws), and returns the answer that must have come or raises `Refused`. Cases are in
`case_model.py`, the responder's side in `responder_model.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.conformance.service_answers import Refusal, Refused, When

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.conformance.case_model import Case

Params: TypeAlias = dict[str, Any]
Output: TypeAlias = dict[str, Any]
Operation: TypeAlias = "Callable[[ServiceModel, Caller, Params, Output], Output]"

ALONE, MANAGEMENT, MEMBER = "alone", "management", "member"
EVERY_COMMUNICATION = [
    "Case Created",
    "Case Updated",
    "Case Acknowledged",
    "Case Closed",
    "Case Updated To Service Managed",
    "Case Status Updated",
    "Case Pending Customer Action Reminder",
    "Case Attachment Url Uploaded",
    "Case Comment Added",
    "Case Comment Updated",
    "Membership Created",
    "Membership Updated",
    "Membership Cancelled",
    "Register Delegated Administrator",
    "Deregister Delegated Administrator",
    "Disable AWS Service Access",
]
NOT_ACTIVE = Refusal("SecurityIncidentResponseNotActiveException")
DENIED = Refusal("AccessDeniedException")
NOT_FOUND = Refusal("ResourceNotFoundException")
MOST_TAGS = 200


def invalid(reason: str = "OTHER", **members: Any) -> Refusal:
    """Return a ValidationException."""
    return Refusal("ValidationException", {"reason": reason, **members})


def conflict(kind: str, identifier: str) -> Refusal:
    """Return a ConflictException that names a resource."""
    return Refusal("ConflictException", {"resourceType": kind, "resourceId": identifier})


@dataclass(frozen=True)
class Caller:
    """The root of an account, calling in a Region."""

    account: str
    region: str = "us-east-1"

    @property
    def arn(self) -> str:
        """How comments and edits name it (§11 row 14)."""
        return f"arn:aws:iam::{self.account}:root"


# Whose key the operations of `larum` take.
OPERATOR = Caller("123456789012")


@dataclass
class Membership:
    """A membership with its cases, by id and least recently changed first."""

    membership_id: str
    caller: Caller
    members: dict[str, Any]
    whole: bool
    activated: When
    number: int
    status: str = "Active"
    deactivated: When | None = None
    tags: dict[str, str] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    # How many were AWS-supported from the start.
    service_managed: int = 0
    # Findings by their ids, with GuardDuty's number of their severity.
    findings: dict[str, int] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Its ARN."""
        region, account = self.caller.region, self.caller.account
        return f"arn:aws:security-ir:{region}:{account}:membership/{self.membership_id}"


@dataclass(frozen=True)
class Event:
    """What the outbox must hold of one change."""

    kind: str
    resource: str
    detail: Mapping[str, str]


@dataclass(frozen=True)
class Remembered:
    """A client token's first use: what was asked and which resource answered it."""

    params: Params
    output: Output
    identifier: str | None


# Which operations take a clientToken, the type of what they make, and the member that names it.
MAKES = {
    "CreateMembership": ("Membership", "membershipId"),
    "CreateCase": ("Case", "caseId"),
    "CreateCaseComment": ("Comment", "commentId"),
    "larum:CreateCaseComment": ("Comment", "commentId"),
    "larum:OpenProactiveCase": ("Case", "caseId"),
    "larum:PutInvestigation": ("Investigation", "investigationId"),
}


@dataclass
class ServiceModel:
    """Everything the service knows, as far as callers can see it."""

    kinds: dict[str, str]
    operations: Mapping[str, Operation]
    limits: dict[str, int] = field(default_factory=dict)
    memberships: list[Membership] = field(default_factory=list)
    tokens: dict[tuple[str, str, str, str], Remembered] = field(default_factory=dict)
    # By token: what was asked, the case and the attachment; by URL: what the bytes are of.
    uploads: dict[tuple[str, str, str, str], tuple[Params, Case, dict[str, Any]]] = field(
        default_factory=dict
    )
    urls: dict[str, tuple[Case, dict[str, Any], bytes]] = field(default_factory=dict)
    downloads: dict[str, tuple[Case, bytes]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    changes: int = 0

    def take(self, caller: Caller, operation: str, params: Params, output: Output) -> Output:
        """Let a call happen; return what must be answered.

        `output` is what was answered, for ids; empty where the call was refused. Raises Refused.
        """
        if operation in MAKES and "clientToken" in params:
            return self._once(caller, operation, params, output)
        return self.operations[operation](self, caller, params, output)

    def _once(self, caller: Caller, operation: str, params: Params, output: Output) -> Output:
        key = (caller.account, caller.region, operation, params["clientToken"])
        kind, member = MAKES[operation]
        before = self.tokens.get(key)
        if before is None:
            answer = self.operations[operation](self, caller, params, output)
            self.tokens[key] = Remembered(params, answer, answer[member])
            return answer
        if before.params != params:
            raise Refused(conflict(kind, str(before.identifier)))
        return before.output

    def moment(self) -> When:
        """Begin a change."""
        self.changes += 1
        return When(self.changes)

    def tell(self, kind: str, resource: str, **detail: str) -> None:
        """Note the event of a change."""
        self.events.append(Event(kind, resource, detail))

    def customer(self, account: str) -> str:
        """Return who has at most one Active membership: an organization, or an account alone."""
        return account if self.kinds[account] == ALONE else "organization"

    def active_of(self, account: str) -> Membership | None:
        """Return the Active membership of the account's customer, wherever it is."""
        customer = self.customer(account)
        for each in self.memberships:
            if each.status == "Active" and self.customer(each.caller.account) == customer:
                return each
        return None

    def active(self, caller: Caller) -> Membership:
        """Return the membership whose cases the caller may see; raises Refused (§11 row 4)."""
        for each in self.memberships:
            if each.status == "Active" and each.caller == caller:
                return each
        raise Refused(NOT_ACTIVE)

    def own(self, caller: Caller, membership_id: str) -> Membership:
        """Return the caller's membership of that id; raises Refused (§11 row 4)."""
        for each in self.memberships:
            if each.membership_id == membership_id and each.caller == caller:
                return each
        raise Refused(DENIED)

    def covered(self, membership: Membership) -> int:
        """Return how many accounts are covered (§11 rows 32 and 45)."""
        if membership.status != "Active":
            return 0
        if membership.whole:
            return sum(kind != ALONE for kind in self.kinds.values())
        return 1


def _check_team(params: Params) -> None:
    """Raise Refused for two responders with one e-mail (§11 row 30)."""
    emails = [each["email"].lower() for each in params.get("incidentResponseTeam", ())]
    if len(emails) != len(set(emails)):
        raise Refused(Refusal("ConflictException", {"resourceType": "IncidentResponder"}))


def _check_may_hold(model: ServiceModel, account: str, *, whole: bool) -> list[Refusal]:
    found = []
    if model.kinds[account] == MEMBER:
        found.append(DENIED)
    if model.kinds[account] == ALONE and whole:
        found.append(NOT_FOUND)
    existing = model.active_of(account)
    if existing is not None:
        found.append(conflict("Membership", existing.membership_id))
    return found


def create_membership(
    model: ServiceModel, caller: Caller, params: Params, output: Output
) -> Output:
    """Open a membership (§1.2, §11 rows 1, 5 and 6)."""
    _check_team(params)
    whole = params.get("coverEntireOrganization", False)
    found = _check_may_hold(model, caller.account, whole=whole)
    if found:
        raise Refused(*found)
    made = str(output.get("membershipId", "nothing was made"))
    assert all(made != each.membership_id for each in model.memberships), "an id came twice"
    names = ("membershipName", "incidentResponseTeam", "optInFeatures")
    membership = Membership(
        made,
        caller,
        {name: params[name] for name in names if name in params},
        whole,
        model.moment(),
        len(model.memberships),
        tags=dict(params.get("tags", {})),
    )
    model.memberships.append(membership)
    model.tell("Membership Created", membership.arn, membershipId=made)
    return {"membershipId": made}


def get_membership(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Tell all of a membership (§1.3, §1.5)."""
    membership = model.own(caller, params["membershipId"])
    team = membership.members["incidentResponseTeam"]
    told = {
        "membershipId": membership.membership_id,
        "accountId": caller.account,
        "region": caller.region,
        "membershipArn": membership.arn,
        "membershipStatus": membership.status,
        "membershipActivationTimestamp": membership.activated,
        "customerType": "Standalone" if model.kinds[caller.account] == ALONE else "Organization",
        "numberOfAccountsCovered": model.covered(membership),
        "membershipAccountsConfigurations": {
            "coverEntireOrganization": membership.whole,
            "organizationalUnits": [],
        },
        **membership.members,
        "incidentResponseTeam": [
            {"communicationPreferences": EVERY_COMMUNICATION} | each for each in team
        ],
    }
    if membership.deactivated is not None:
        told["membershipDeactivationTimestamp"] = membership.deactivated
    return told


def list_memberships(model: ServiceModel, caller: Caller, _: Params, __: Output) -> Output:
    """Tell all memberships of the account in the Region, newest first (§1.10, §11 row 13)."""
    items = [
        {
            "membershipId": each.membership_id,
            "accountId": caller.account,
            "region": caller.region,
            "membershipArn": each.arn,
            "membershipStatus": each.status,
        }
        for each in reversed(model.memberships)
        if each.caller == caller
    ]
    return {"items": items}


def update_membership(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Change a membership, perhaps undoing its cancellation (§1.9, §11 rows 7, 21, 42, 43)."""
    membership = model.own(caller, params["membershipId"])
    undo = params.get("undoMembershipCancellation")
    if undo is False:
        raise Refused(Refusal("ValidationException"))
    _check_team(params)
    names = ("membershipName", "incidentResponseTeam", "optInFeatures")
    given = {name: params[name] for name in names if name in params}
    undone = False
    if membership.status == "Cancelled":
        if undo:
            found = _check_may_hold(model, caller.account, whole=membership.whole)
            if found:
                raise Refused(*found, Refusal("ConflictException"))
            undone = True
        elif given:
            raise Refused(Refusal("ConflictException"))
    if undone or not same_members(membership.members, given):
        membership.members.update(given)
        if undone:
            membership.status, membership.deactivated = "Active", None
        model.moment()
        model.tell("Membership Updated", membership.arn, membershipId=membership.membership_id)
    return {}


def same_members(members: Params, given: Params) -> bool:
    """Return whether `given` changes nothing; no preferences are all of them (§1.7)."""

    def whole(params: Params) -> Params:
        told = dict(params)
        if "incidentResponseTeam" in told:
            told["incidentResponseTeam"] = [
                {"communicationPreferences": EVERY_COMMUNICATION} | each
                for each in told["incidentResponseTeam"]
            ]
        return told

    return whole(members) == whole(members | given)


def cancel_membership(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """End a membership at once; again is no change (§11 rows 7 and 8)."""
    membership = model.own(caller, params["membershipId"])
    if membership.status == "Active":
        membership.status, membership.deactivated = "Cancelled", model.moment()
        model.tell("Membership Cancelled", membership.arn, membershipId=membership.membership_id)
    return {"membershipId": membership.membership_id}


def batch_get_member_account_details(
    model: ServiceModel, caller: Caller, params: Params, output: Output
) -> Output:
    """Tell how accounts stand to a membership; organization_machine.py goes deeper (§11 row 46)."""
    membership = model.own(caller, params["membershipId"])
    asked = params["accountIds"]
    belongs = {
        each: each == caller.account
        if model.kinds[caller.account] == ALONE
        else model.kinds[each] != ALONE
        for each in asked
        if each in model.kinds
    }
    items = []
    told = {each["accountId"]: each for each in output.get("items", [])}
    for account, inside in belongs.items():
        covered = membership.whole or account == caller.account
        was = "Associated" if membership.status == "Active" else "Disassociated"
        status = was if inside and covered else "Unassociated"
        items.append(
            {
                "accountId": account,
                "relationshipStatus": status,
                "relationshipType": "Organization" if inside else "Unrelated",
            }
        )
        assert account in told
    errors = [each for each in asked if each not in model.kinds]
    answer: Output = {"items": items}
    if errors:
        answer["errors"] = output.get("errors")
        assert [each["accountId"] for each in output["errors"]] == errors
        assert {each["error"] for each in output["errors"]} == {"ResourceNotFoundException"}
    return answer


# Tags, of memberships and of cases.


def _tagged(model: ServiceModel, caller: Caller, arn: str) -> Membership | Case:
    region, account, resource = arn.split(":", 5)[3:]
    if (account, region) != (caller.account, caller.region):
        raise Refused(DENIED)
    kind, _, identifier = resource.partition("/")
    if kind == "membership":
        return model.own(caller, identifier)
    case = model.active(caller).cases.get(identifier)
    if case is None:
        raise Refused(NOT_FOUND)
    return case


def _to_be_tagged(model: ServiceModel, caller: Caller, arn: str) -> Membership | Case:
    resource = _tagged(model, caller, arn)
    if not isinstance(resource, Membership) and resource.is_closed:
        raise Refused(conflict("Case", resource.case_id))
    return resource


def list_tags_for_resource(
    model: ServiceModel, caller: Caller, params: Params, _: Output
) -> Output:
    """Tell the tags (§1.11)."""
    return {"tags": dict(_tagged(model, caller, params["resourceArn"]).tags)}


def tag_resource(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Add tags or change their values; what is so already is no change."""
    tags = params["tags"]
    if any(key.lower().startswith("aws:") for key in tags):
        raise Refused(Refusal("ValidationException"))
    resource = _to_be_tagged(model, caller, params["resourceArn"])
    if len(resource.tags | tags) > MOST_TAGS:
        raise Refused(Refusal("ValidationException"))
    if resource.tags | tags != resource.tags:
        _retag(model, caller, resource, resource.tags | tags, "Add tag")
    return {}


def untag_resource(model: ServiceModel, caller: Caller, params: Params, _: Output) -> Output:
    """Remove tags; keys that are not there are no change."""
    resource, keys = _to_be_tagged(model, caller, params["resourceArn"]), params["tagKeys"]
    left = {key: value for key, value in resource.tags.items() if key not in keys}
    if left != resource.tags:
        _retag(model, caller, resource, left, "Remove tag")
    return {}


def _retag(
    model: ServiceModel,
    caller: Caller,
    resource: Membership | Case,
    tags: dict[str, str],
    action: str,
) -> None:
    resource.tags = tags
    if isinstance(resource, Membership):
        model.moment()
        model.tell("Membership Updated", resource.arn, membershipId=resource.membership_id)
        return
    resource.changed(model, caller.arn, action)
    model.tell("Case Updated", resource.arn, caseId=resource.case_id, updatedBy=caller.account)


OF_MEMBERSHIPS: dict[str, Operation] = {
    "BatchGetMemberAccountDetails": batch_get_member_account_details,
    "CancelMembership": cancel_membership,
    "CreateMembership": create_membership,
    "GetMembership": get_membership,
    "ListMemberships": list_memberships,
    "ListTagsForResource": list_tags_for_resource,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "UpdateMembership": update_membership,
}
