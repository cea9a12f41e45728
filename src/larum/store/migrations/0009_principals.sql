-- Users of accounts. Names are told apart without regard to case, so that is what the key is made
-- of; who is deleted and made again has another id, and no key of the former one.
CREATE TABLE users (
    account     TEXT NOT NULL REFERENCES accounts (account),
    folded_name TEXT NOT NULL,
    user_name   TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (account, folded_name)
);
