-- Bytes that a tag may hold, and days after which its files go to the trash; NULL: no bound.
ALTER TABLE tags
    ADD COLUMN quota     BIGINT,
    ADD COLUMN keep_days BIGINT,
    -- Files up to this place have had their days once: those that live there have come back since.
    ADD COLUMN swept_seq BIGINT NOT NULL DEFAULT 0,
    ADD KEY tags_with_keep (keep_days);

-- When it came back from the trash: its days count from here.
ALTER TABLE files
    ADD COLUMN restored_at BIGINT,
    ADD KEY files_restored (tag_id, restored_at);

-- One row: the sum of tags.bytes, changed by every transaction that changes one of those.
CREATE TABLE storage_use (
    id    BIGINT NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL
) ENGINE = InnoDB;
INSERT INTO storage_use (id, bytes) SELECT 1, CAST(COALESCE(SUM(bytes), 0) AS SIGNED) FROM tags;
