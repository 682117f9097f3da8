-- Bytes that a tag may hold, and days after which its files go to the trash; NULL: no bound.
ALTER TABLE tags ADD COLUMN quota INTEGER;
ALTER TABLE tags ADD COLUMN keep_days INTEGER;
-- Files up to this place have had their days once: those that live there have come back since.
ALTER TABLE tags ADD COLUMN swept_seq INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tags_with_keep ON tags (keep_days) WHERE keep_days IS NOT NULL;

-- When it came back from the trash: its days count from here.
ALTER TABLE files ADD COLUMN restored_at INTEGER;
CREATE INDEX files_restored ON files (tag_id, restored_at) WHERE restored_at IS NOT NULL;

-- One row: the sum of tags.bytes, changed by every transaction that changes one of those.
CREATE TABLE storage_use (
    id    INTEGER NOT NULL PRIMARY KEY,
    bytes INTEGER NOT NULL
);
INSERT INTO storage_use (id, bytes) SELECT 1, COALESCE(SUM(bytes), 0) FROM tags;
