-- One row for each saved report. Times are seconds since 1970.
CREATE TABLE reports (
    id      TEXT   PRIMARY KEY NOT NULL,
    run     TEXT   NOT NULL UNIQUE,
    started BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    cause   TEXT   NOT NULL,
    status  TEXT   NOT NULL,
    json    TEXT   NOT NULL,
    -- The order of saving. Tables of SQLite have a column of this name by themselves.
    rowid   BIGINT GENERATED ALWAYS AS IDENTITY
);

CREATE INDEX reports_by_expiry ON reports (expires);
