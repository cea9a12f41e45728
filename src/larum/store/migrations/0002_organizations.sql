-- Organizations with units, and who is covered when: kept as spans of the directory's versions,
-- so that no change writes a row per covered account (domain/coverage.py).

ALTER TABLE organizations ADD COLUMN delegated_administrator TEXT;
ALTER TABLE organizations ADD COLUMN trusted_access BOOLEAN NOT NULL DEFAULT TRUE;
-- How many of the organization's accounts are ACTIVE.
ALTER TABLE organizations ADD COLUMN active_accounts BIGINT NOT NULL DEFAULT 0;

ALTER TABLE accounts ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN unit_id TEXT;
ALTER TABLE accounts ADD COLUMN service_on BOOLEAN NOT NULL DEFAULT TRUE;
-- The version since which the account is in its organization, unit and status.
ALTER TABLE accounts ADD COLUMN placed_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX accounts_of_organization ON accounts (management_account, account);

CREATE TABLE former_places (
    account   TEXT NOT NULL,
    since     BIGINT NOT NULL,
    until     BIGINT NOT NULL,
    customer  TEXT NOT NULL,
    management_account TEXT,
    unit_id   TEXT,
    active    BOOLEAN NOT NULL,
    PRIMARY KEY (account, since)
);

CREATE TABLE organizational_units (
    management_account TEXT NOT NULL,
    unit_id            TEXT NOT NULL,
    parent_id          TEXT,
    name               TEXT NOT NULL,
    removed            BOOLEAN NOT NULL DEFAULT FALSE,
    -- How many ACTIVE accounts are in the unit itself, not beneath it.
    active_accounts    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (management_account, unit_id)
);

-- Every unit with itself and all that it lies beneath; a unit never moves.
CREATE TABLE unit_ancestors (
    management_account TEXT NOT NULL,
    unit_id            TEXT NOT NULL,
    ancestor_id        TEXT NOT NULL,
    PRIMARY KEY (management_account, unit_id, ancestor_id)
);
CREATE INDEX unit_descendants ON unit_ancestors (management_account, ancestor_id, unit_id);

CREATE TABLE coverage_rules (
    account       TEXT NOT NULL,
    membership_id TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('organization', 'unit', 'account')),
    target        TEXT NOT NULL,
    since         BIGINT NOT NULL,
    until         BIGINT,
    PRIMARY KEY (account, membership_id, kind, target, since)
);

CREATE TABLE membership_pauses (
    account       TEXT NOT NULL,
    membership_id TEXT NOT NULL,
    since         BIGINT NOT NULL,
    until         BIGINT,
    PRIMARY KEY (account, membership_id, since)
);

-- Numbers of the whole installation; a limit is NULL while there is none.
CREATE TABLE counters (
    name  TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('directory-version', 0), ('active-memberships', 0);
CREATE TABLE limits (
    name  TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

-- What the first schema knew without writing it down.
UPDATE organizations SET active_accounts = (
    SELECT count(*) FROM accounts
    WHERE accounts.management_account = organizations.management_account
      AND accounts.status = 'ACTIVE'
);
UPDATE counters SET value = (SELECT count(*) FROM memberships WHERE status = 'Active')
WHERE name = 'active-memberships';
INSERT INTO coverage_rules (account, membership_id, kind, target, since)
SELECT account, membership_id,
    CASE WHEN cover_entire_organization THEN 'organization' ELSE 'account' END,
    CASE WHEN cover_entire_organization THEN '' ELSE account END, 0
FROM memberships;

-- What the sweep looks for: cancellations that can no longer be undone.
CREATE INDEX memberships_cancelled ON memberships (deactivated_at) WHERE status = 'Cancelled';

-- Which rules a removed unit ends.
CREATE INDEX coverage_rules_of_unit ON coverage_rules (target) WHERE kind = 'unit' AND until IS NULL;
