-- What happens under links. Of keys there is only the SHA-256, as of tokens. Times are milliseconds since 1970 here.

-- The number of the newest event, and how many guests there were.
ALTER TABLE links ADD COLUMN last_event INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN guests INTEGER NOT NULL DEFAULT 0;
-- The guest who has the seat, and when they were there last.
ALTER TABLE links ADD COLUMN seat INTEGER;
ALTER TABLE links ADD COLUMN seat_seen INTEGER NOT NULL DEFAULT 0;
-- The ids of the latest calls, the newest first, and what the newest has taken.
ALTER TABLE links ADD COLUMN calls TEXT NOT NULL DEFAULT '[]';
ALTER TABLE links ADD COLUMN signals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN signal_bytes INTEGER NOT NULL DEFAULT 0;

-- Who was tested: 0 is the link's owner, 1 its first guest.
ALTER TABLE reports ADD COLUMN who INTEGER;

-- One row for each guest of a link.
CREATE TABLE link_guests (
    link   BLOB    NOT NULL REFERENCES links (token) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    key    BLOB    NOT NULL,
    PRIMARY KEY (link, number),
    UNIQUE (link, key)
) STRICT;

-- One row for each open socket of a link, whichever process has it.
CREATE TABLE link_sockets (
    id       INTEGER PRIMARY KEY NOT NULL,
    link     BLOB    NOT NULL REFERENCES links (token) ON DELETE CASCADE,
    -- As in reports.
    who      INTEGER NOT NULL,
    -- The process, and when it last said that the socket is open.
    node     INTEGER NOT NULL,
    seen     INTEGER NOT NULL,
    opened   INTEGER NOT NULL,
    -- A newer socket has taken its place.
    replaced INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX link_sockets_by_link ON link_sockets (link);
CREATE INDEX link_sockets_by_node ON link_sockets (node);
CREATE INDEX link_sockets_by_sight ON link_sockets (seen);

-- One row for each event that somebody may still have to be told.
CREATE TABLE link_events (
    link      BLOB    NOT NULL REFERENCES links (token) ON DELETE CASCADE,
    number    INTEGER NOT NULL,
    -- Whether the owner is told, and which guest: 0 is none, -1 whoever has the seat.
    for_owner INTEGER NOT NULL,
    for_guest INTEGER NOT NULL,
    -- A newer event of the same slot replaces this one.
    slot      TEXT,
    -- It belongs to a call, and goes with it.
    is_signal INTEGER NOT NULL DEFAULT 0,
    json      TEXT    NOT NULL,
    PRIMARY KEY (link, number)
) STRICT;

CREATE UNIQUE INDEX link_events_by_slot ON link_events (link, slot);
