-- Who may come in, and what they did. As long as there is no user, everybody may.
CREATE TABLE users (
    id         BIGINT          NOT NULL PRIMARY KEY,
    name       VARBINARY(255)  NOT NULL,
    -- letter case doesn't count
    folded     VARBINARY(1024) NOT NULL,
    -- read, write or admin
    role       VARBINARY(8)    NOT NULL,
    -- argon2id, as a PHC string
    password   VARBINARY(255)  NOT NULL,
    created_at BIGINT          NOT NULL,
    disabled_at BIGINT,
    UNIQUE KEY users_folded (folded)
) ENGINE = InnoDB;

CREATE TABLE sessions (
    id           BIGINT         NOT NULL PRIMARY KEY,
    -- SHA-256 of the cookie
    hash         BINARY(32)     NOT NULL,
    user_id      BIGINT         NOT NULL,
    created_at   BIGINT         NOT NULL,
    expires_at   BIGINT         NOT NULL,
    last_used_at BIGINT         NOT NULL,
    address      VARBINARY(64)  NOT NULL,
    agent        VARBINARY(512) NOT NULL,
    UNIQUE KEY sessions_hash (hash),
    CONSTRAINT sessions_user_id FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB;
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE tokens (
    id           BIGINT           NOT NULL PRIMARY KEY,
    -- SHA-256 of the token
    hash         BINARY(32)       NOT NULL,
    -- token, or link for one that an upload link carries
    kind         VARBINARY(8)     NOT NULL,
    name         VARBINARY(255)   NOT NULL,
    -- one a line
    scopes       VARBINARY(16000) NOT NULL,
    -- whose role bounds it; NULL: made on the command line
    user_id      BIGINT,
    created_at   BIGINT           NOT NULL,
    expires_at   BIGINT,
    revoked_at   BIGINT,
    last_used_at BIGINT,
    UNIQUE KEY tokens_hash (hash),
    CONSTRAINT tokens_user_id FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB;
CREATE INDEX tokens_by_user ON tokens (user_id, id);

-- Who did what, when, from where.
CREATE TABLE audit (
    id       BIGINT          NOT NULL PRIMARY KEY,
    at       BIGINT          NOT NULL,
    -- open, user, token, link, nobody, command
    kind     VARBINARY(8)    NOT NULL,
    who      VARBINARY(255)  NOT NULL,
    who_id   BIGINT,
    address  VARBINARY(64)   NOT NULL,
    -- method and route, or the command
    action   VARBINARY(255)  NOT NULL,
    path     VARBINARY(1024) NOT NULL,
    status   BIGINT          NOT NULL,
    -- 1 where it was refused
    refused  BIGINT          NOT NULL,
    -- how many times within the minute
    times    BIGINT          NOT NULL,
    -- SHA-256 of what the times of one line have in common; NULL for a line by itself
    gathered BINARY(32),
    UNIQUE KEY audit_gathered (gathered)
) ENGINE = InnoDB;
CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_refused ON audit (refused, at, id);
