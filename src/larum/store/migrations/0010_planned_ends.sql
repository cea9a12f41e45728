-- An Active membership with a time of deactivation ends at that time: what the sweep looks for.
CREATE INDEX memberships_ending ON memberships (deactivated_at)
WHERE status = 'Active' AND deactivated_at IS NOT NULL;
