-- ListFindings by status or by case looks at what it gives, however many findings there are.

DROP INDEX findings_of_case;
CREATE INDEX findings_of_case ON findings (account, region, case_id, ingested_at, place)
WHERE case_id IS NOT NULL;
CREATE INDEX findings_by_status ON findings (
    account, region, membership_id, status, ingested_at, place
);
