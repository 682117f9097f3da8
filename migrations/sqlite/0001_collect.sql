-- Ids are drawn in blocks; the row is the shared mark (src/platform/ids.rs).
CREATE TABLE id_blocks (
    name    TEXT    NOT NULL PRIMARY KEY,
    next_id INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO id_blocks (name, next_id) VALUES ('id', 0);

-- One row for each content; its bytes lie under blobs/ab/<sha256>.
CREATE TABLE blobs (
    sha256       TEXT    NOT NULL PRIMARY KEY,
    size         INTEGER NOT NULL,
    crc32        INTEGER NOT NULL,
    content_type TEXT    NOT NULL,
    width        INTEGER,
    height       INTEGER,
    created_at   INTEGER NOT NULL,
    -- 0 to be made, 1 made, 2 broken picture, 3 nothing to make
    thumbnail    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX blobs_without_thumbnail ON blobs (created_at) WHERE thumbnail = 0;

CREATE TABLE tags (
    id         INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    -- lower case, for the search that ignores letter case
    folded     TEXT    NOT NULL,
    file_count INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    last_seq   INTEGER NOT NULL,
    -- counts every change of its files, so that a plan of its archive can be kept
    revision   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
);
CREATE INDEX tags_by_update ON tags (updated_at, id);
CREATE INDEX tags_by_bytes ON tags (bytes, id);
CREATE INDEX tags_by_files ON tags (file_count, id);

CREATE TABLE files (
    id           INTEGER NOT NULL PRIMARY KEY,
    tag_id       INTEGER NOT NULL REFERENCES tags (id),
    seq          INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    folded       TEXT    NOT NULL,
    -- the name the upload asked for, where another had it already
    asked_name   TEXT,
    -- the name in archives, where it differs; its key is unique among the living whatever the letter case
    zip_name     TEXT,
    zip_key      BLOB    NOT NULL,
    sha256       TEXT    NOT NULL REFERENCES blobs (sha256),
    size         INTEGER NOT NULL,
    crc32        INTEGER NOT NULL,
    content_type TEXT    NOT NULL,
    width        INTEGER,
    height       INTEGER,
    created_at   INTEGER NOT NULL,
    deleted_at   INTEGER,
    -- 1 while it lives, NULL in the trash: a name is unique among the living
    live         INTEGER,
    UNIQUE (tag_id, seq),
    UNIQUE (tag_id, name, live),
    UNIQUE (tag_id, zip_key, live)
);
CREATE INDEX files_by_blob ON files (sha256);
CREATE INDEX files_by_asked_name ON files (tag_id, asked_name) WHERE asked_name IS NOT NULL;
CREATE INDEX files_in_trash ON files (deleted_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX files_by_size ON files (tag_id, size, seq);
