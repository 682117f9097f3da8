-- Face ingest tasks (seed 003). The rows themselves lie in csv/<id>.csv: UTF-8, three fields, no header.
CREATE TABLE ingest_tasks (
    id           TEXT    NOT NULL PRIMARY KEY,
    -- newest first: a number drawn at creation
    seq          INTEGER NOT NULL UNIQUE,
    group_name   TEXT    NOT NULL,
    pos_pitch    INTEGER NOT NULL,
    pos_yaw      INTEGER NOT NULL,
    pos_rol      INTEGER NOT NULL,
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    blur_degree  INTEGER NOT NULL,
    thread_num   INTEGER NOT NULL,
    mode         INTEGER NOT NULL,
    -- 1 created, 2 running, 3 stopped, 4 completed
    state        INTEGER NOT NULL,
    total_num    INTEGER NOT NULL,
    handled_num  INTEGER NOT NULL,
    last_error   TEXT    NOT NULL,
    -- all rows before this one have an outcome; it begins at this byte of the CSV
    mark_row     INTEGER NOT NULL,
    mark_offset  INTEGER NOT NULL,
    -- who works on it, and until when without a sign of life; each new owner raises the epoch
    lease_owner  TEXT,
    lease_until  INTEGER NOT NULL,
    epoch        INTEGER NOT NULL,
    -- what the CSV was written in, or the tag it was made of
    source       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    started_at   INTEGER,
    ended_at     INTEGER
) WITHOUT ROWID;
CREATE INDEX ingest_tasks_by_group ON ingest_tasks (group_name, seq);
CREATE INDEX ingest_tasks_running ON ingest_tasks (state, seq);

-- Rows behind the mark that have an outcome already.
CREATE TABLE ingest_done (
    task_id TEXT    NOT NULL REFERENCES ingest_tasks (id),
    row_no  INTEGER NOT NULL,
    PRIMARY KEY (task_id, row_no)
) WITHOUT ROWID;

CREATE TABLE ingest_log (
    task_id TEXT    NOT NULL REFERENCES ingest_tasks (id),
    row_no  INTEGER NOT NULL,
    -- a data: URI is cut to its first 100 characters
    uri     TEXT    NOT NULL,
    code    INTEGER NOT NULL,
    message TEXT    NOT NULL,
    PRIMARY KEY (task_id, row_no)
) WITHOUT ROWID;
CREATE INDEX ingest_log_by_code ON ingest_log (task_id, code, row_no);

-- How many rows came out how; code 0 is a face in the group.
CREATE TABLE ingest_counts (
    task_id TEXT    NOT NULL REFERENCES ingest_tasks (id),
    code    INTEGER NOT NULL,
    -- of rows
    rows_no INTEGER NOT NULL,
    PRIMARY KEY (task_id, code)
) WITHOUT ROWID;
