-- The number of the last message that each side has sent in the newest call, by its own count: what is sent again after a
-- socket was lost is known by it.
ALTER TABLE links ADD COLUMN owner_said INTEGER NOT NULL DEFAULT 0;
ALTER TABLE links ADD COLUMN guest_said INTEGER NOT NULL DEFAULT 0;
