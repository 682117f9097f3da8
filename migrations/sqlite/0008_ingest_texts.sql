-- What a row's outcome says, for readers of English; NULL in lines of earlier versions.
ALTER TABLE ingest_log ADD COLUMN message_en TEXT;
ALTER TABLE ingest_tasks ADD COLUMN last_error_en TEXT;
