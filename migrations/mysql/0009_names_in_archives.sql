-- Which rule gave the files of a tag their names in archives; older ones are gone through at the start.
ALTER TABLE tags
    ADD COLUMN names_version BIGINT NOT NULL DEFAULT 1,
    ADD KEY tags_by_names_version (names_version);
