-- What IAM keeps of an account: groups, roles, policies and what they are attached to; and service
-- control policies of organizations. A document is kept as it was written. `principal_arn` is that
-- of a user, group or role. Names are told apart without regard to case, as in `users`.

-- Grows with every change of what decides in an account, so that what was compiled can be kept.
CREATE TABLE iam_versions (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (account),
    version BIGINT NOT NULL
);

-- `boundary_arn` is the policy that bounds a user's or role's permissions, or NULL.
ALTER TABLE users ADD COLUMN boundary_arn TEXT;

CREATE TABLE groups (
    account     TEXT NOT NULL REFERENCES accounts (account),
    folded_name TEXT NOT NULL,
    group_name  TEXT NOT NULL,
    group_id    TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (account, folded_name)
);

CREATE TABLE group_members (
    account      TEXT NOT NULL,
    folded_group TEXT NOT NULL,
    folded_user  TEXT NOT NULL,
    PRIMARY KEY (account, folded_group, folded_user)
);
CREATE INDEX groups_of_user ON group_members (account, folded_user, folded_group);

CREATE TABLE roles (
    account             TEXT NOT NULL REFERENCES accounts (account),
    folded_name         TEXT NOT NULL,
    role_name           TEXT NOT NULL,
    role_id             TEXT NOT NULL,
    description         TEXT NOT NULL,
    trust_policy        TEXT NOT NULL,
    max_session_seconds BIGINT NOT NULL,
    boundary_arn        TEXT,
    created_at          BIGINT NOT NULL,
    PRIMARY KEY (account, folded_name)
);

CREATE TABLE principal_tags (
    account       TEXT NOT NULL,
    principal_arn TEXT NOT NULL,
    folded_key    TEXT NOT NULL,
    tag_key       TEXT NOT NULL,
    tag_value     TEXT NOT NULL,
    PRIMARY KEY (account, principal_arn, folded_key)
);

-- Managed policies of the account; those that are managed by the service are not in the store.
CREATE TABLE managed_policies (
    account     TEXT NOT NULL REFERENCES accounts (account),
    folded_name TEXT NOT NULL,
    policy_name TEXT NOT NULL,
    policy_id   TEXT NOT NULL,
    description TEXT NOT NULL,
    version     BIGINT NOT NULL,
    document    TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (account, folded_name)
);

CREATE TABLE attached_policies (
    account       TEXT NOT NULL,
    principal_arn TEXT NOT NULL,
    policy_arn    TEXT NOT NULL,
    PRIMARY KEY (account, principal_arn, policy_arn)
);
CREATE INDEX attachments_of_policy ON attached_policies (account, policy_arn, principal_arn);

CREATE TABLE inline_policies (
    account       TEXT NOT NULL,
    principal_arn TEXT NOT NULL,
    policy_name   TEXT NOT NULL,
    document      TEXT NOT NULL,
    PRIMARY KEY (account, principal_arn, policy_name)
);

-- `folded_user` and `enabled_at` are NULL until a user enables the device; `last_step` is the step
-- of time whose code was taken last, so that none is taken twice.
CREATE TABLE mfa_devices (
    account     TEXT NOT NULL REFERENCES accounts (account),
    device_name TEXT NOT NULL,
    folded_user TEXT,
    sealed_seed BLOB NOT NULL,
    created_at  BIGINT NOT NULL,
    enabled_at  BIGINT,
    last_step   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (account, device_name)
);
CREATE INDEX mfa_devices_of_user ON mfa_devices (account, folded_user);

-- `account` is the organization's management account. A target (the root, a unit or an account)
-- without a row has AWS's FullAWSAccess alone.
CREATE TABLE control_policies (
    account     TEXT NOT NULL REFERENCES accounts (account),
    policy_id   TEXT NOT NULL,
    policy_name TEXT NOT NULL,
    description TEXT NOT NULL,
    document    TEXT NOT NULL,
    PRIMARY KEY (account, policy_id)
);
CREATE TABLE control_policy_targets (
    account   TEXT NOT NULL,
    target_id TEXT NOT NULL,
    policy_id TEXT NOT NULL,
    PRIMARY KEY (account, target_id, policy_id)
);

ALTER TABLE access_keys ADD COLUMN last_used_at BIGINT;
ALTER TABLE access_keys ADD COLUMN last_used_service TEXT;
ALTER TABLE access_keys ADD COLUMN last_used_region TEXT;
