-- The list of cases is read from the cases themselves; apart from it only the places are kept that
-- a case has left in the last day, so that thousands of changes of one case slow no list down.
CREATE TABLE former_case_places (
    account       TEXT NOT NULL,
    region        TEXT NOT NULL,
    membership_id TEXT NOT NULL,
    -- The place that the case has taken instead, which no other case ever takes.
    replaced_by   BIGINT NOT NULL,
    replaced_at   BIGINT NOT NULL,
    place         BIGINT NOT NULL,
    case_id       TEXT NOT NULL,
    PRIMARY KEY (account, region, membership_id, replaced_by)
);
CREATE INDEX former_case_places_age ON former_case_places (replaced_at);

INSERT INTO former_case_places (
    account, region, membership_id, replaced_by, replaced_at, place, case_id
)
SELECT account, region, membership_id, replaced_by, replaced_at, place, case_id
FROM case_places WHERE replaced_by IS NOT NULL;
DROP TABLE case_places;

CREATE UNIQUE INDEX cases_in_order ON cases (account, region, membership_id, place);
