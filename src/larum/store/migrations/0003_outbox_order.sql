-- The outbox in the order of time, across accounts: outbox_id begins with the time.
CREATE INDEX outbox_in_order ON outbox (outbox_id);
