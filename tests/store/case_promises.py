"""What must be true of the cases in a store whatever happened to it (see `promises.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from larum.store.engine import Transaction

# Each names the rows that are not as they must be; none may come back.
AMISS = {
    "a case that is not where its last change put it": """
SELECT cases.account, cases.case_id, cases.place, last_place FROM cases JOIN (
    SELECT account, region, membership_id, case_id, max(replaced_by) AS last_place
    FROM former_case_places GROUP BY account, region, membership_id, case_id
) AS former ON former.account = cases.account AND former.region = cases.region
  AND former.membership_id = cases.membership_id AND former.case_id = cases.case_id
WHERE last_place <> cases.place
""",
    "a place that was left for none": """
SELECT account, case_id, place, replaced_by FROM former_case_places AS former
WHERE place >= replaced_by OR NOT EXISTS (
    SELECT 1 FROM cases WHERE cases.account = former.account AND cases.region = former.region
      AND cases.membership_id = former.membership_id AND cases.case_id = former.case_id
      AND cases.place >= former.replaced_by
)
""",
    "counters that are not what they count": """
SELECT counted.account, counted.cases, kept.cases, counted.own, counted.served FROM (
    SELECT account, region, membership_id, count(*) AS cases, count(service_managed_number) AS made,
        sum(CASE WHEN status <> 'Closed' AND resolver_type = 'Self' THEN 1 ELSE 0 END) AS own,
        sum(CASE WHEN status <> 'Closed' AND resolver_type = 'AWS' THEN 1 ELSE 0 END) AS served,
        max(place) AS place
    FROM cases GROUP BY account, region, membership_id
) AS counted LEFT JOIN case_counters AS kept ON kept.account = counted.account
  AND kept.region = counted.region AND kept.membership_id = counted.membership_id
WHERE kept.account IS NULL OR kept.cases <> counted.cases OR kept.service_managed <> counted.made
  OR kept.active_self_managed <> counted.own OR kept.active_service_managed <> counted.served
  OR kept.last_place <> counted.place
""",
    "comments that are not numbered through": """
SELECT cases.account, cases.case_id, cases.comments, count(comment_id) FROM cases
LEFT JOIN comments ON comments.account = cases.account AND comments.region = cases.region
  AND comments.case_id = cases.case_id
GROUP BY cases.account, cases.region, cases.case_id, cases.comments
HAVING count(comment_id) <> cases.comments
  OR (count(comment_id) > 0 AND max(CAST(comment_id AS INTEGER)) <> cases.comments - 1)
""",
    "a case that was not created exactly once": """
SELECT cases.account, cases.case_id, count(sequence) FROM cases LEFT JOIN audit_records
  ON audit_records.account = cases.account
  AND case_arn = 'arn:aws:security-ir:' || cases.region || ':' || cases.account
    || ':case/' || cases.case_id
  AND record ->> '$.caseEdit.action' = 'Create case'
GROUP BY cases.account, cases.region, cases.case_id HAVING count(sequence) <> 1
""",
    "changes without one edit and one event each": """
SELECT edited.arn, edited.edits, coalesce(told.events, 0) FROM (
    SELECT case_arn AS arn, count(*) AS edits FROM audit_records
    WHERE case_arn IS NOT NULL GROUP BY case_arn
) AS edited LEFT JOIN (
    SELECT resource_arn AS arn, count(*) AS events FROM outbox
    WHERE kind = 'event' AND type LIKE 'Case %' GROUP BY resource_arn
) AS told ON told.arn = edited.arn
WHERE edited.edits <> coalesce(told.events, 0)
""",
    "a client token that names nothing": """
SELECT client_tokens.account, operation, resource_id FROM client_tokens
WHERE operation LIKE '%CreateCase' AND NOT EXISTS (
    SELECT 1 FROM cases WHERE cases.account = client_tokens.account
      AND cases.case_id = resource_id
) OR operation = 'GetCaseAttachmentUploadUrl' AND NOT EXISTS (
    SELECT 1 FROM attachments WHERE attachments.account = client_tokens.account
      AND attachment_id = resource_id
)
""",
}


def broken_case_promises(tx: Transaction) -> list[str]:
    """Return what is not as it must be; empty when all is well."""
    return [f"{what}: {row}" for what, query in AMISS.items() for row in tx.rows(query, {})]
