-- Cases and what belongs to them, with the account and the Region at the head of every key: case
-- ids are unique in both together. Lists that are always read and written whole are JSON.

CREATE TABLE cases (
    account                      TEXT NOT NULL,
    region                       TEXT NOT NULL,
    case_id                      TEXT NOT NULL,
    membership_id                TEXT NOT NULL,
    title                        TEXT NOT NULL,
    description                  TEXT NOT NULL,
    engagement_type              TEXT NOT NULL,
    resolver_type                TEXT NOT NULL CHECK (resolver_type IN ('AWS', 'Self')),
    status                       TEXT NOT NULL,
    pending_action               TEXT NOT NULL CHECK (pending_action IN ('Customer', 'None')),
    closure_code                 TEXT,
    reported_incident_start_date BIGINT NOT NULL,
    actual_incident_start_date   BIGINT,
    watchers                     TEXT NOT NULL,
    threat_actor_ip_addresses    TEXT NOT NULL,
    impacted_services            TEXT NOT NULL,
    impacted_aws_regions         TEXT NOT NULL,
    impacted_accounts            TEXT NOT NULL,
    case_metadata                TEXT NOT NULL,
    created_at                   BIGINT NOT NULL,
    updated_at                   BIGINT NOT NULL,
    closed_at                    BIGINT,
    -- How many comments it ever had: the next comment's id.
    comments                     BIGINT NOT NULL DEFAULT 0,
    -- Its row in case_places that holds now.
    place                        BIGINT NOT NULL,
    -- Its number among those that were created as AWS-supported: tells the rate of a day in one look.
    service_managed_number       BIGINT,
    PRIMARY KEY (account, region, case_id)
);
CREATE UNIQUE INDEX cases_service_managed ON cases (
    account, region, membership_id, service_managed_number
) WHERE service_managed_number IS NOT NULL;
CREATE INDEX cases_closed ON cases (closed_at) WHERE closed_at IS NOT NULL;

-- The order of ListCases as it was at any moment of the last day: a change ends a case's place and
-- gives it the next one, so that a page goes on in the list that its first page began.
CREATE TABLE case_places (
    account       TEXT NOT NULL,
    region        TEXT NOT NULL,
    membership_id TEXT NOT NULL,
    place         BIGINT NOT NULL,
    case_id       TEXT NOT NULL,
    -- The place that replaced it, and when; NULL while it holds.
    replaced_by   BIGINT,
    replaced_at   BIGINT,
    PRIMARY KEY (account, region, membership_id, place)
);
CREATE INDEX case_places_replaced ON case_places (replaced_at) WHERE replaced_at IS NOT NULL;

CREATE TABLE case_counters (
    account                TEXT NOT NULL,
    region                 TEXT NOT NULL,
    membership_id          TEXT NOT NULL,
    cases                  BIGINT NOT NULL,
    active_self_managed    BIGINT NOT NULL,
    active_service_managed BIGINT NOT NULL,
    service_managed        BIGINT NOT NULL,
    last_place             BIGINT NOT NULL,
    PRIMARY KEY (account, region, membership_id)
);

CREATE TABLE comments (
    account         TEXT NOT NULL,
    region          TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    comment_id      TEXT NOT NULL,
    body            TEXT NOT NULL,
    -- Whose side wrote it: only the customer's comments are the customer's to edit.
    author          TEXT NOT NULL CHECK (author IN ('customer', 'responder', 'service')),
    creator         TEXT NOT NULL,
    last_updated_by TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (account, region, case_id, comment_id)
);

CREATE TABLE attachments (
    account        TEXT NOT NULL,
    region         TEXT NOT NULL,
    case_id        TEXT NOT NULL,
    attachment_id  TEXT NOT NULL,
    file_name      TEXT NOT NULL,
    content_length BIGINT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('Pending', 'Verified', 'Failed')),
    creator        TEXT NOT NULL,
    -- The random name of its bytes, in the signed URL and where they lie.
    blob_key       TEXT NOT NULL UNIQUE,
    created_at     BIGINT NOT NULL,
    url_expires_at BIGINT NOT NULL,
    -- When all its bytes were durable, and their SHA-256.
    received_at    BIGINT,
    sha256         BLOB,
    -- Why it Failed.
    failure        TEXT,
    -- When its bytes were deleted.
    deleted_at     BIGINT,
    PRIMARY KEY (account, region, case_id, attachment_id)
);
-- A failed upload gives its name back.
CREATE UNIQUE INDEX attachments_by_name ON attachments (account, region, case_id, file_name)
WHERE status <> 'Failed';
CREATE INDEX attachments_pending ON attachments (url_expires_at) WHERE status = 'Pending';

-- An id begins with the time, so the order of ids is the order of creation.
CREATE TABLE investigations (
    account          TEXT NOT NULL,
    region           TEXT NOT NULL,
    case_id          TEXT NOT NULL,
    investigation_id TEXT NOT NULL,
    action_type      TEXT NOT NULL,
    title            TEXT NOT NULL,
    content          TEXT NOT NULL,
    status           TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    usefulness       TEXT,
    feedback_comment TEXT,
    feedback_at      BIGINT,
    PRIMARY KEY (account, region, case_id, investigation_id)
);

-- Which case a record tells of: ListCaseEdits shows these records (store/audit.py).
ALTER TABLE audit_records ADD COLUMN case_arn TEXT;
CREATE INDEX audit_records_of_case ON audit_records (account, case_arn, sequence)
WHERE case_arn IS NOT NULL;

-- The notices of an event are one list in the event's row: forty people cost no forty rows.
ALTER TABLE outbox ADD COLUMN notices TEXT NOT NULL DEFAULT '[]';
