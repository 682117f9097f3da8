-- Who may come in, and what they did. As long as there is no user, everybody may.
CREATE TABLE users (
    id         INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    -- letter case doesn't count
    folded     TEXT    NOT NULL UNIQUE,
    -- read, write or admin
    role       TEXT    NOT NULL,
    -- argon2id, as a PHC string
    password   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
);

CREATE TABLE sessions (
    id           INTEGER NOT NULL PRIMARY KEY,
    -- SHA-256 of the cookie
    hash         BLOB    NOT NULL UNIQUE,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    address      TEXT    NOT NULL,
    agent        TEXT    NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE tokens (
    id           INTEGER NOT NULL PRIMARY KEY,
    -- SHA-256 of the token
    hash         BLOB    NOT NULL UNIQUE,
    -- token, or link for one that an upload link carries
    kind         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    -- one a line
    scopes       TEXT    NOT NULL,
    -- whose role bounds it; NULL: made on the command line
    user_id      INTEGER REFERENCES users (id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER
);
CREATE INDEX tokens_by_user ON tokens (user_id, id);

-- Who did what, when, from where.
CREATE TABLE audit (
    id       INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    -- open, user, token, link, nobody, command
    kind     TEXT    NOT NULL,
    who      TEXT    NOT NULL,
    who_id   INTEGER,
    address  TEXT    NOT NULL,
    -- method and route, or the command
    action   TEXT    NOT NULL,
    path     TEXT    NOT NULL,
    status   INTEGER NOT NULL,
    -- 1 where it was refused
    refused  INTEGER NOT NULL,
    -- how many times within the minute
    times    INTEGER NOT NULL,
    -- SHA-256 of what the times of one line have in common; NULL for a line by itself
    gathered BLOB UNIQUE
);
CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_refused ON audit (refused, at, id);
