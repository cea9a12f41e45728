"""The whole service on one screen: what each operation does, to which resource, by which function.

One table for each service model. An operation of a model that has no row here is refused by name
(docs/coverage.md).
"""

from __future__ import annotations

from typing import Final

from larum.operations import (
    attachments,
    audit,
    case_lists,
    case_updates,
    cases,
    comments,
    denials,
    directory,
    finding_metrics,
    findings,
    investigations,
    member_accounts,
    memberships,
    operator_attachments,
    operator_memberships,
    outbox,
    responder,
    responder_comments,
    responder_evidence,
    responder_investigations,
    responder_reads,
    sessions,
    specified_accounts,
    tags,
    triage_rules,
)
from larum.operations.entries import Entry
from larum.operations.iam import IAM_OPERATIONS
from larum.operations.organization_entries import ORGANIZATION_OPERATIONS
from larum.operations.resources import (
    any_resource,
    audit_of_account,
    caller_itself,
    case_of_caller,
    membership_of_account,
    membership_of_caller,
    named_case,
    named_membership,
    new_case,
    new_membership,
    new_named_case,
    role_by_arn,
    tagged_resource,
)

__all__ = ["LARUM_OPERATIONS", "OPERATIONS", "SERVICES", "STS_OPERATIONS", "Entry"]


OPERATIONS: Final[dict[str, Entry]] = {
    "CreateMembership": Entry(
        memberships.create_membership,
        new_membership,
        writes=True,
        makes="Membership",
        identifier="membershipId",
    ),
    "BatchGetMemberAccountDetails": Entry(
        member_accounts.batch_get_member_account_details, membership_of_caller
    ),
    "CancelMembership": Entry(memberships.cancel_membership, membership_of_caller, writes=True),
    "CloseCase": Entry(case_updates.close_case, case_of_caller, writes=True),
    "CreateCase": Entry(
        cases.create_case, new_case, writes=True, makes="Case", identifier="caseId"
    ),
    "CreateCaseComment": Entry(
        comments.create_case_comment,
        case_of_caller,
        writes=True,
        makes="Comment",
        identifier="commentId",
    ),
    "GetCase": Entry(cases.get_case, case_of_caller),
    "GetFindingMetrics": Entry(finding_metrics.get_finding_metrics, membership_of_caller),
    "GetCaseAttachmentDownloadUrl": Entry(
        attachments.get_case_attachment_download_url, case_of_caller
    ),
    "GetCaseAttachmentUploadUrl": Entry(
        attachments.get_case_attachment_upload_url,
        case_of_caller,
        writes=True,
        makes="Attachment",
        identifier="attachmentPresignedUrl",
        again=attachments.upload_url_again,
    ),
    "GetMembership": Entry(memberships.get_membership, membership_of_caller),
    "ListCaseEdits": Entry(case_lists.list_case_edits, case_of_caller),
    "ListCases": Entry(case_lists.list_cases, any_resource),
    "ListComments": Entry(comments.list_comments, case_of_caller),
    "ListInvestigations": Entry(investigations.list_investigations, case_of_caller),
    "ListMemberships": Entry(memberships.list_memberships, any_resource, everywhere=True),
    "ListTagsForResource": Entry(tags.list_tags_for_resource, tagged_resource),
    "SendFeedback": Entry(investigations.send_feedback, case_of_caller, writes=True),
    "TagResource": Entry(tags.tag_resource, tagged_resource, writes=True),
    "UntagResource": Entry(tags.untag_resource, tagged_resource, writes=True),
    "UpdateCase": Entry(case_updates.update_case, case_of_caller, writes=True),
    "UpdateCaseComment": Entry(comments.update_case_comment, case_of_caller, writes=True),
    "UpdateCaseStatus": Entry(case_updates.update_case_status, case_of_caller, writes=True),
    "UpdateMembership": Entry(memberships.update_membership, membership_of_caller, writes=True),
    "UpdateResolverType": Entry(case_updates.update_resolver_type, case_of_caller, writes=True),
}

LARUM_OPERATIONS: Final[dict[str, Entry]] = {
    **IAM_OPERATIONS,
    **ORGANIZATION_OPERATIONS,
    "AcknowledgeCase": Entry(responder.acknowledge_case, named_case, writes=True),
    "AdvanceFindings": Entry(findings.advance_findings, membership_of_account, writes=True),
    "ApplyDirectory": Entry(directory.apply_directory, any_resource, writes=True),
    "AssociateMemberAccounts": Entry(
        specified_accounts.associate_member_accounts, named_membership, writes=True
    ),
    "CloseCase": Entry(responder.close_case, named_case, writes=True),
    "CreateCaseComment": Entry(
        responder_comments.create_case_comment,
        named_case,
        writes=True,
        makes="Comment",
        identifier="commentId",
    ),
    "DeleteTriageRule": Entry(triage_rules.delete_triage_rule, membership_of_account, writes=True),
    "DescribeDirectory": Entry(directory.describe_directory, any_resource),
    "DisassociateMemberAccounts": Entry(
        specified_accounts.disassociate_member_accounts, named_membership, writes=True
    ),
    "GetAuditKey": Entry(audit.get_audit_key, audit_of_account, own_account=True),
    "GetCase": Entry(responder_reads.get_case, named_case),
    "GetCaseAttachmentDownloadUrl": Entry(
        operator_attachments.get_case_attachment_download_url, named_case
    ),
    "GetDenial": Entry(denials.get_denial, audit_of_account, own_account=True),
    "GetFinding": Entry(findings.get_finding, membership_of_account),
    "GetMembership": Entry(operator_memberships.get_membership, named_membership),
    "IngestFindings": Entry(findings.ingest_findings, membership_of_account, writes=True),
    "ListAccounts": Entry(directory.list_accounts, any_resource),
    "ListAuditChains": Entry(audit.list_audit_chains, any_resource),
    "ListAuditRecords": Entry(audit.list_audit_records, audit_of_account, own_account=True),
    "ListCaseEdits": Entry(responder_reads.list_case_edits, named_case),
    "ListCases": Entry(responder_reads.list_cases, new_named_case),
    "ListComments": Entry(responder_reads.list_comments, named_case),
    "ListFindings": Entry(findings.list_findings, membership_of_account),
    "ListInvestigations": Entry(responder_reads.list_investigations, named_case),
    "ListMemberships": Entry(operator_memberships.list_memberships, any_resource),
    "ListOutboxEntries": Entry(outbox.list_outbox_entries, any_resource),
    "ListTriageRules": Entry(triage_rules.list_triage_rules, membership_of_account),
    "OpenProactiveCase": Entry(
        responder.open_proactive_case,
        new_named_case,
        writes=True,
        makes="Case",
        identifier="caseId",
    ),
    "PutInvestigation": Entry(
        responder_investigations.put_investigation,
        named_case,
        writes=True,
        makes="Investigation",
        identifier="investigationId",
    ),
    "PutTriageRule": Entry(triage_rules.put_triage_rule, membership_of_account, writes=True),
    "RequestCustomerAction": Entry(responder.request_customer_action, named_case, writes=True),
    "SetAttachmentVerdict": Entry(
        responder_evidence.set_attachment_verdict, named_case, writes=True
    ),
    "SetCaseStatus": Entry(responder.set_case_status, named_case, writes=True),
    "TestTriageRules": Entry(triage_rules.test_triage_rules, membership_of_account),
    "UpdateCaseComment": Entry(responder_comments.update_case_comment, named_case, writes=True),
    "UpdateInvestigation": Entry(
        responder_investigations.update_investigation, named_case, writes=True
    ),
}

STS_OPERATIONS: Final[dict[str, Entry]] = {
    "AssumeRole": Entry(
        sessions.assume_role, role_by_arn, writes=True, everywhere=True, by_trust=True
    ),
    "GetCallerIdentity": Entry(sessions.get_caller_identity, any_resource, everywhere=True),
    "GetSessionToken": Entry(
        sessions.get_session_token, caller_itself, writes=True, everywhere=True
    ),
}

SERVICES: Final[dict[str, dict[str, Entry]]] = {
    "security-ir": OPERATIONS,
    "larum": LARUM_OPERATIONS,
    "sts": STS_OPERATIONS,
}
"""The operations of each service model, by its signing name."""
