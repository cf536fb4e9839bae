-- One row for each saved report. Times are seconds since 1970.
CREATE TABLE reports (
    id      TEXT    PRIMARY KEY NOT NULL,
    run     TEXT    NOT NULL UNIQUE,
    started INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    cause   TEXT    NOT NULL,
    status  TEXT    NOT NULL,
    json    TEXT    NOT NULL
) STRICT;

CREATE INDEX reports_by_expiry ON reports (expires);
