-- Findings of memberships: the facts that triage and the lists go by, and the whole document.

CREATE TABLE findings (
    account         TEXT NOT NULL,
    region          TEXT NOT NULL,
    membership_id   TEXT NOT NULL,
    -- Made of the source and the finding's own id: a repetition has the same.
    finding_id      TEXT NOT NULL,
    source          TEXT NOT NULL CHECK (source IN ('GuardDuty', 'SecurityHub')),
    source_id       TEXT NOT NULL,
    severity        TEXT NOT NULL,
    finding_account TEXT NOT NULL,
    finding_region  TEXT NOT NULL,
    title           TEXT NOT NULL,
    -- Types, resources, services and addresses, which are read whole.
    facts           TEXT NOT NULL,
    document        TEXT NOT NULL,
    -- What triage decided, and how the finding stands now.
    outcome         TEXT NOT NULL,
    status          TEXT NOT NULL,
    -- The triage rule that decided, by name; NULL where the severity did.
    rule            TEXT,
    -- The case that it opened or joined.
    case_id         TEXT,
    -- The time, and its place among those of the same time: the order of the list.
    ingested_at     BIGINT NOT NULL,
    place           BIGINT NOT NULL,
    PRIMARY KEY (account, region, membership_id, finding_id)
);
CREATE UNIQUE INDEX findings_by_time ON findings (
    account, region, membership_id, ingested_at, place
);
CREATE INDEX findings_of_case ON findings (account, region, case_id)
WHERE case_id IS NOT NULL;
-- Escalated findings that wait for a case, as long as the quota of cases is used up.
CREATE INDEX findings_waiting ON findings (account, region, membership_id, ingested_at, place)
WHERE status = 'Escalated' AND case_id IS NULL;

-- What relates findings to the case that they are in (domain/related_findings.py).
CREATE TABLE case_marks (
    account       TEXT NOT NULL,
    region        TEXT NOT NULL,
    membership_id TEXT NOT NULL,
    mark          TEXT NOT NULL,
    case_id       TEXT NOT NULL,
    since         BIGINT NOT NULL,
    PRIMARY KEY (account, region, membership_id, mark, case_id)
);
CREATE INDEX case_marks_of_case ON case_marks (account, region, case_id);

-- The numbers of GetFindingMetrics, by the UTC day (since 1970-01-01) of the ingestion.
CREATE TABLE finding_metrics (
    account                     TEXT NOT NULL,
    region                      TEXT NOT NULL,
    membership_id               TEXT NOT NULL,
    day                         BIGINT NOT NULL,
    ingested_security_hub       BIGINT NOT NULL,
    ingested_guard_duty         BIGINT NOT NULL,
    triaged                     BIGINT NOT NULL,
    triaged_false_positive      BIGINT NOT NULL,
    investigated                BIGINT NOT NULL,
    investigated_false_positive BIGINT NOT NULL,
    investigated_in_progress    BIGINT NOT NULL,
    escalated                   BIGINT NOT NULL,
    escalated_false_positive    BIGINT NOT NULL,
    escalated_in_progress       BIGINT NOT NULL,
    true_positive               BIGINT NOT NULL,
    PRIMARY KEY (account, region, membership_id, day)
);

CREATE TABLE triage_rules (
    account       TEXT NOT NULL,
    region        TEXT NOT NULL,
    membership_id TEXT NOT NULL,
    name          TEXT NOT NULL,
    priority      BIGINT NOT NULL,
    outcome       TEXT NOT NULL,
    match         TEXT NOT NULL,
    expires_at    BIGINT,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    PRIMARY KEY (account, region, membership_id, name)
);
