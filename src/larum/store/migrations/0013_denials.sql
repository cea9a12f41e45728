-- Which request the record of a denial tells of: why it was denied is asked by that id.
ALTER TABLE audit_records ADD COLUMN request_id TEXT;
CREATE INDEX audit_records_of_request ON audit_records (account, request_id, sequence)
WHERE request_id IS NOT NULL;
