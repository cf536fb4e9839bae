-- One row for each link by which a supporter watches somebody's test. Of its token and of its owner's secret there is
-- only the SHA-256: who reads this table opens no link. Times are seconds since 1970.
CREATE TABLE links (
    token   BLOB    PRIMARY KEY NOT NULL,
    owner   BLOB    NOT NULL,
    label   TEXT,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

CREATE INDEX links_by_expiry ON links (expires);

-- Most reports belong to no link.
ALTER TABLE reports ADD COLUMN link BLOB REFERENCES links (token) ON DELETE CASCADE;

CREATE INDEX reports_by_link ON reports (link);
