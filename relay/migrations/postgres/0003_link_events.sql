-- What happens under links. Of keys there is only the SHA-256, as of tokens. Times are milliseconds since 1970 here.

-- The number of the newest event, and how many guests there were.
ALTER TABLE links ADD COLUMN last_event BIGINT NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN guests BIGINT NOT NULL DEFAULT 0;
-- The guest who has the seat, and when they were there last.
ALTER TABLE links ADD COLUMN seat BIGINT;
ALTER TABLE links ADD COLUMN seat_seen BIGINT NOT NULL DEFAULT 0;
-- The ids of the latest calls, the newest first, and what the newest has taken.
ALTER TABLE links ADD COLUMN calls TEXT NOT NULL DEFAULT '[]';
ALTER TABLE links ADD COLUMN signals BIGINT NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN signal_bytes BIGINT NOT NULL DEFAULT 0;

-- Who was tested: 0 is the link's owner, 1 its first guest.
ALTER TABLE reports ADD COLUMN who BIGINT;

-- One row for each guest of a link.
CREATE TABLE link_guests (
    link   BYTEA   NOT NULL REFERENCES links (token) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    key    BYTEA   NOT NULL,
    PRIMARY KEY (link, number),
    UNIQUE (link, key)
);

-- One row for each open socket of a link, whichever process has it.
CREATE TABLE link_sockets (
    id       BIGINT PRIMARY KEY NOT NULL,
    link     BYTEA   NOT NULL REFERENCES links (token) ON DELETE CASCADE,
    -- As in reports.
    who      BIGINT NOT NULL,
    -- The process, and when it last said that the socket is open.
    node     BIGINT NOT NULL,
    seen     BIGINT NOT NULL,
    opened   BIGINT NOT NULL,
    -- A newer socket has taken its place.
    replaced BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX link_sockets_by_link ON link_sockets (link);
CREATE INDEX link_sockets_by_node ON link_sockets (node);
CREATE INDEX link_sockets_by_sight ON link_sockets (seen);

-- One row for each event that somebody may still have to be told.
CREATE TABLE link_events (
    link      BYTEA   NOT NULL REFERENCES links (token) ON DELETE CASCADE,
    number    BIGINT NOT NULL,
    -- Whether the owner is told, and which guest: 0 is none, -1 whoever has the seat.
    for_owner BIGINT NOT NULL,
    for_guest BIGINT NOT NULL,
    -- A newer event of the same slot replaces this one.
    slot      TEXT,
    -- It belongs to a call, and goes with it.
    is_signal BIGINT NOT NULL DEFAULT 0,
    json      TEXT    NOT NULL,
    PRIMARY KEY (link, number)
);

CREATE UNIQUE INDEX link_events_by_slot ON link_events (link, slot);
