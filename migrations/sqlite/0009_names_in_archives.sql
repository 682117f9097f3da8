-- Which rule gave the files of a tag their names in archives; older ones are gone through at the start.
ALTER TABLE tags ADD COLUMN names_version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX tags_by_names_version ON tags (names_version);
