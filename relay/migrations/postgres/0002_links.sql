-- One row for each link by which a supporter watches somebody's test. Of its token and of its owner's secret there is
-- only the SHA-256: who reads this table opens no link. Times are seconds since 1970.
CREATE TABLE links (
    token   BYTEA   PRIMARY KEY NOT NULL,
    owner   BYTEA   NOT NULL,
    label   TEXT,
    created BIGINT  NOT NULL,
    expires BIGINT  NOT NULL
);

CREATE INDEX links_by_expiry ON links (expires);

-- Most reports belong to no link.
ALTER TABLE reports ADD COLUMN link BYTEA REFERENCES links (token) ON DELETE CASCADE;

CREATE INDEX reports_by_link ON reports (link);
