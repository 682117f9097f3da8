-- What the keeper remembers: how far the slow look at all bytes has come, and when it ended last.
CREATE TABLE keeper_state (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Blobs whose bytes are missing or not what they should be, as the last look found them.
CREATE TABLE damaged_blobs (
    sha256   TEXT    NOT NULL PRIMARY KEY,
    what     TEXT    NOT NULL,
    found_at INTEGER NOT NULL
) WITHOUT ROWID;
