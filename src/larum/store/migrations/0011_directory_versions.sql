-- When the newest versions of the directory began: what a delay of coverage looks back at. Swept.
CREATE TABLE directory_versions (
    version  BIGINT NOT NULL PRIMARY KEY,
    began_at BIGINT NOT NULL
);
CREATE INDEX directory_versions_age ON directory_versions (began_at);

-- Places that were left after a version.
CREATE INDEX former_places_left ON former_places (until);
