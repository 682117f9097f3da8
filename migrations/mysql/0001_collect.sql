-- Ids are drawn in blocks; the row is the shared mark (src/platform/ids.rs).
CREATE TABLE id_blocks (
    name    VARBINARY(32) NOT NULL PRIMARY KEY,
    next_id BIGINT        NOT NULL
) ENGINE = InnoDB;
INSERT INTO id_blocks (name, next_id) VALUES ('id', 0);

-- One row for each content; its bytes lie under blobs/ab/<sha256>.
-- Text is VARBINARY (UTF-8): compared byte by byte, without padding, as on SQLite.
CREATE TABLE blobs (
    sha256       VARBINARY(64)  NOT NULL PRIMARY KEY,
    size         BIGINT         NOT NULL,
    crc32        BIGINT         NOT NULL,
    content_type VARBINARY(255) NOT NULL,
    width        BIGINT,
    height       BIGINT,
    created_at   BIGINT         NOT NULL,
    -- 0 to be made, 1 made, 2 broken picture, 3 nothing to make
    thumbnail    BIGINT         NOT NULL,
    KEY blobs_without_thumbnail (thumbnail, created_at)
) ENGINE = InnoDB;

CREATE TABLE tags (
    id         BIGINT          NOT NULL PRIMARY KEY,
    name       VARBINARY(255)  NOT NULL UNIQUE,
    -- lower case, for the search that ignores letter case
    folded     VARBINARY(1024) NOT NULL,
    file_count BIGINT          NOT NULL,
    bytes      BIGINT          NOT NULL,
    last_seq   BIGINT          NOT NULL,
    -- counts every change of its files, so that a plan of its archive can be kept
    revision   BIGINT          NOT NULL,
    created_at BIGINT          NOT NULL,
    updated_at BIGINT          NOT NULL,
    deleted_at BIGINT,
    KEY tags_by_update (updated_at, id),
    KEY tags_by_bytes (bytes, id),
    KEY tags_by_files (file_count, id)
) ENGINE = InnoDB;

CREATE TABLE files (
    id           BIGINT          NOT NULL PRIMARY KEY,
    tag_id       BIGINT          NOT NULL,
    seq          BIGINT          NOT NULL,
    name         VARBINARY(255)  NOT NULL,
    folded       VARBINARY(1024) NOT NULL,
    -- the name the upload asked for, where another had it already
    asked_name   VARBINARY(255),
    -- the name in archives, where it differs; its key is unique among the living whatever the letter case
    zip_name     VARBINARY(512),
    zip_key      VARBINARY(16)   NOT NULL,
    sha256       VARBINARY(64)   NOT NULL,
    size         BIGINT          NOT NULL,
    crc32        BIGINT          NOT NULL,
    content_type VARBINARY(255)  NOT NULL,
    width        BIGINT,
    height       BIGINT,
    created_at   BIGINT          NOT NULL,
    deleted_at   BIGINT,
    -- 1 while it lives, NULL in the trash: a name is unique among the living
    live         TINYINT,
    UNIQUE KEY files_seq (tag_id, seq),
    UNIQUE KEY files_name (tag_id, name, live),
    UNIQUE KEY files_zip_key (tag_id, zip_key, live),
    KEY files_by_blob (sha256),
    KEY files_by_asked_name (tag_id, asked_name),
    KEY files_in_trash (deleted_at, id),
    KEY files_by_size (tag_id, size, seq),
    CONSTRAINT files_tag FOREIGN KEY (tag_id) REFERENCES tags (id),
    CONSTRAINT files_blob FOREIGN KEY (sha256) REFERENCES blobs (sha256)
) ENGINE = InnoDB;
