-- Accounts, their keys and memberships, and the three records that every change leaves:
-- the client token, the outbox row, the audit record. One text for both engines; times are
-- microseconds since 1970 (UTC); every key begins with the account, but for the outbox's.

CREATE TABLE organizations (
    management_account TEXT NOT NULL PRIMARY KEY,
    organization_id    TEXT NOT NULL UNIQUE,
    root_id            TEXT NOT NULL
);

CREATE TABLE accounts (
    account            TEXT NOT NULL PRIMARY KEY,
    status             TEXT NOT NULL CHECK (status IN ('ACTIVE', 'SUSPENDED', 'CLOSED')),
    management_account TEXT REFERENCES organizations (management_account),
    created_at         BIGINT NOT NULL
);

-- Looked up before the account is known: the key id is what a request brings.
CREATE TABLE access_keys (
    access_key_id  TEXT NOT NULL PRIMARY KEY,
    account        TEXT NOT NULL REFERENCES accounts (account),
    principal_arn  TEXT NOT NULL,
    sealed_secret  BLOB NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('Active', 'Inactive')),
    created_at     BIGINT NOT NULL
);
CREATE INDEX access_keys_of_account ON access_keys (account, principal_arn, created_at);

CREATE TABLE memberships (
    account                   TEXT NOT NULL,
    region                    TEXT NOT NULL,
    membership_id             TEXT NOT NULL,
    membership_name           TEXT NOT NULL,
    status                    TEXT NOT NULL CHECK (status IN ('Active', 'Cancelled', 'Terminated')),
    customer                  TEXT NOT NULL,
    customer_type             TEXT NOT NULL CHECK (customer_type IN ('Standalone', 'Organization')),
    activated_at              BIGINT NOT NULL,
    deactivated_at            BIGINT,
    incident_response_team    TEXT NOT NULL,
    opt_in_features           TEXT,
    cover_entire_organization BOOLEAN NOT NULL,
    PRIMARY KEY (account, region, membership_id)
);
-- The last wall behind "one Active membership for a customer".
CREATE UNIQUE INDEX memberships_active ON memberships (customer) WHERE status = 'Active';

CREATE TABLE tags (
    account      TEXT NOT NULL,
    resource_arn TEXT NOT NULL,
    tag_key      TEXT NOT NULL,
    tag_value    TEXT NOT NULL,
    PRIMARY KEY (account, resource_arn, tag_key)
);

CREATE TABLE client_tokens (
    account       TEXT NOT NULL,
    region        TEXT NOT NULL,
    operation     TEXT NOT NULL,
    token_hash    BLOB NOT NULL,
    fingerprint   BLOB NOT NULL,
    canon_version INTEGER NOT NULL,
    resource_id   TEXT NOT NULL,
    principal_arn TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    PRIMARY KEY (account, region, operation, token_hash)
);
CREATE INDEX client_tokens_expiry ON client_tokens (expires_at);

-- Read across accounts in the order of time, with which an id begins: so the key grows at its end.
CREATE TABLE outbox (
    account       TEXT NOT NULL,
    outbox_id     TEXT NOT NULL,
    event_id      TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('event', 'notice')),
    type          TEXT NOT NULL,
    region        TEXT NOT NULL,
    resource_arn  TEXT NOT NULL,
    recipient     TEXT,
    detail        TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (outbox_id, account)
);

CREATE TABLE audit_records (
    account       TEXT NOT NULL,
    sequence      BIGINT NOT NULL,
    record        TEXT NOT NULL,
    hash          BLOB NOT NULL,
    PRIMARY KEY (account, sequence)
);
