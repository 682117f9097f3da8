-- A log and a task's last error name a URI in full, so that it can be tried again.
-- message_en, last_error_en: what an outcome says, for readers of English; NULL in lines of earlier versions.
ALTER TABLE ingest_log MODIFY uri MEDIUMBLOB NOT NULL, ADD COLUMN message_en VARBINARY(4096);
ALTER TABLE ingest_tasks MODIFY last_error MEDIUMBLOB NOT NULL, ADD COLUMN last_error_en MEDIUMBLOB;
