-- One row for each test under way, so that every relay that shares this database serves it, and so that it outlives a
-- restart. Started is in milliseconds since 1970.
CREATE TABLE runs (
    number  BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id      TEXT    NOT NULL UNIQUE,
    -- The process that began it.
    node    BIGINT  NOT NULL,
    started BIGINT  NOT NULL,
    client  TEXT    NOT NULL,
    -- The addresses where its page is at home, and the URLs under test: JSON.
    homes   TEXT    NOT NULL,
    targets TEXT    NOT NULL,
    -- Most runs belong to no link. As in reports.
    link    BYTEA,
    who     BIGINT
);

CREATE INDEX runs_by_start ON runs (started);

-- What one process knows of a run, and others do not: what its relay saw, what its own look found.
CREATE TABLE run_news (
    run     TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    node    BIGINT  NOT NULL,
    kind    TEXT    NOT NULL,
    json    TEXT    NOT NULL,
    PRIMARY KEY (run, node, kind)
);

-- One row for each process that shares this database. Of its TURN_SECRET there is a keyed hash. Seen is in seconds
-- since 1970 by the clock of the database.
CREATE TABLE nodes (
    id      BIGINT  PRIMARY KEY NOT NULL,
    secret  BYTEA   NOT NULL,
    -- Where its relay is reached by the others' tests: JSON.
    relay   TEXT    NOT NULL,
    seen    BIGINT  NOT NULL
);
