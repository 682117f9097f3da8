-- Face groups (contract §3): made by the first task that names them.
CREATE TABLE face_groups (
    id          BIGINT          NOT NULL PRIMARY KEY,
    name        VARBINARY(256)  NOT NULL,
    -- as it is searched: letter case doesn't count
    folded      VARBINARY(1024) NOT NULL,
    face_count  BIGINT          NOT NULL,
    created_at  BIGINT          NOT NULL,
    UNIQUE KEY face_groups_name (name)
) ENGINE = InnoDB;

-- A face is one row of one ingest task: the same row can't put it there twice.
CREATE TABLE faces (
    id          BIGINT          NOT NULL PRIMARY KEY,
    group_id    BIGINT          NOT NULL,
    task_id     VARBINARY(12)   NOT NULL,
    row_no      BIGINT          NOT NULL,
    tag         VARBINARY(1024) NOT NULL,
    description BLOB            NOT NULL,
    -- tag, line break, description, as they are searched
    folded      MEDIUMBLOB      NOT NULL,
    -- a data: URI is cut to its first 100 characters
    uri         VARBINARY(8192) NOT NULL,
    -- of the whole picture's bytes
    sha256      VARBINARY(64)   NOT NULL,
    -- the face cut out, a JPEG; NULL where an outside server keeps it
    crop_sha256 VARBINARY(64),
    -- in pixels of the displayed picture
    x           BIGINT          NOT NULL,
    y           BIGINT          NOT NULL,
    width       BIGINT          NOT NULL,
    height      BIGINT          NOT NULL,
    -- thousandths of a degree; NULL where the engine can't tell
    pitch       BIGINT,
    yaw         BIGINT,
    roll        BIGINT,
    -- thousandths, 0 sharp to 100,000
    blur        BIGINT,
    -- thousandths
    score       BIGINT          NOT NULL,
    -- how many faces the picture had
    faces_found BIGINT          NOT NULL,
    -- the face's id at an outside server
    remote_id   VARBINARY(255),
    created_at  BIGINT          NOT NULL,
    UNIQUE KEY faces_row_no (task_id, row_no),
    CONSTRAINT faces_group_id FOREIGN KEY (group_id) REFERENCES face_groups (id),
    CONSTRAINT faces_crop_sha256 FOREIGN KEY (crop_sha256) REFERENCES blobs (sha256)
) ENGINE = InnoDB;
CREATE INDEX faces_by_group ON faces (group_id, id);
CREATE INDEX faces_by_tag ON faces (group_id, tag, id);
CREATE INDEX faces_by_crop ON faces (crop_sha256);
