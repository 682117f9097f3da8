-- What the keeper remembers: how far the slow look at all bytes has come, and when it ended last.
CREATE TABLE keeper_state (
    name  VARBINARY(64)  NOT NULL PRIMARY KEY,
    value VARBINARY(255) NOT NULL
) ENGINE = InnoDB;

-- Blobs whose bytes are missing or not what they should be, as the last look found them.
CREATE TABLE damaged_blobs (
    sha256   VARBINARY(64)  NOT NULL PRIMARY KEY,
    what     VARBINARY(255) NOT NULL,
    found_at BIGINT         NOT NULL
) ENGINE = InnoDB;
