-- Face groups (contract §3): made by the first task that names them.
CREATE TABLE face_groups (
    id         INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    -- as it is searched: letter case doesn't count
    folded     TEXT    NOT NULL,
    face_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);

-- A face is one row of one ingest task: the same row can't put it there twice.
CREATE TABLE faces (
    id          INTEGER NOT NULL PRIMARY KEY,
    group_id    INTEGER NOT NULL REFERENCES face_groups (id),
    task_id     TEXT    NOT NULL,
    row_no      INTEGER NOT NULL,
    tag         TEXT    NOT NULL,
    description TEXT    NOT NULL,
    -- tag, line break, description, as they are searched
    folded      TEXT    NOT NULL,
    -- a data: URI is cut to its first 100 characters
    uri         TEXT    NOT NULL,
    -- of the whole picture's bytes
    sha256      TEXT    NOT NULL,
    -- the face cut out, a JPEG; NULL where an outside server keeps it
    crop_sha256 TEXT    REFERENCES blobs (sha256),
    -- in pixels of the displayed picture
    x           INTEGER NOT NULL,
    y           INTEGER NOT NULL,
    width       INTEGER NOT NULL,
    height      INTEGER NOT NULL,
    -- thousandths of a degree; NULL where the engine can't tell
    pitch       INTEGER,
    yaw         INTEGER,
    roll        INTEGER,
    -- thousandths, 0 sharp to 100,000
    blur        INTEGER,
    -- thousandths
    score       INTEGER NOT NULL,
    -- how many faces the picture had
    faces_found INTEGER NOT NULL,
    -- the face's id at an outside server
    remote_id   TEXT,
    created_at  INTEGER NOT NULL,
    UNIQUE (task_id, row_no)
);
CREATE INDEX faces_by_group ON faces (group_id, id);
CREATE INDEX faces_by_tag ON faces (group_id, tag, id);
CREATE INDEX faces_by_crop ON faces (crop_sha256);
