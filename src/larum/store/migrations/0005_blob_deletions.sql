-- Bytes of attachments that are to be deleted, written in the transaction that decides it and kept
-- until it is done: the bytes lie outside of every transaction.

CREATE TABLE blob_deletions (
    account  TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    due_at   BIGINT NOT NULL,
    PRIMARY KEY (account, blob_key)
);
CREATE INDEX blob_deletions_due ON blob_deletions (due_at);
-- What has arrived and waits for the scanner.
CREATE INDEX attachments_unjudged ON attachments (received_at)
WHERE status = 'Pending' AND received_at IS NOT NULL;
