-- One row for each test under way, so that it outlives a restart. Started is in milliseconds since 1970.
CREATE TABLE runs (
    number  INTEGER PRIMARY KEY,
    id      TEXT    NOT NULL UNIQUE,
    -- The process that began it.
    node    INTEGER NOT NULL,
    started INTEGER NOT NULL,
    client  TEXT    NOT NULL,
    -- The addresses where its page is at home, and the URLs under test: JSON.
    homes   TEXT    NOT NULL,
    targets TEXT    NOT NULL,
    -- Most runs belong to no link. As in reports.
    link    BLOB,
    who     INTEGER
) STRICT;

CREATE INDEX runs_by_start ON runs (started);
