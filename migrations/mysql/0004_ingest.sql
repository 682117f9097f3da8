-- Face ingest tasks (seed 003). The rows themselves lie in csv/<id>.csv: UTF-8, three fields, no header.
CREATE TABLE ingest_tasks (
    id          VARBINARY(12)   NOT NULL PRIMARY KEY,
    -- newest first: a number drawn at creation
    seq         BIGINT          NOT NULL,
    group_name  VARBINARY(256)  NOT NULL,
    pos_pitch   BIGINT          NOT NULL,
    pos_yaw     BIGINT          NOT NULL,
    pos_rol     BIGINT          NOT NULL,
    width       BIGINT          NOT NULL,
    height      BIGINT          NOT NULL,
    blur_degree BIGINT          NOT NULL,
    thread_num  BIGINT          NOT NULL,
    mode        BIGINT          NOT NULL,
    -- 1 created, 2 running, 3 stopped, 4 completed
    state       BIGINT          NOT NULL,
    total_num   BIGINT          NOT NULL,
    handled_num BIGINT          NOT NULL,
    last_error  BLOB            NOT NULL,
    -- all rows before this one have an outcome; it begins at this byte of the CSV
    mark_row    BIGINT          NOT NULL,
    mark_offset BIGINT          NOT NULL,
    -- who works on it, and until when without a sign of life; each new owner raises the epoch
    lease_owner VARBINARY(64),
    lease_until BIGINT          NOT NULL,
    epoch       BIGINT          NOT NULL,
    -- what the CSV was written in, or the tag it was made of
    source      VARBINARY(1024) NOT NULL,
    created_at  BIGINT          NOT NULL,
    started_at  BIGINT,
    ended_at    BIGINT,
    UNIQUE KEY ingest_tasks_seq (seq)
) ENGINE = InnoDB;
CREATE INDEX ingest_tasks_by_group ON ingest_tasks (group_name, seq);
CREATE INDEX ingest_tasks_running ON ingest_tasks (state, seq);

-- Rows behind the mark that have an outcome already.
CREATE TABLE ingest_done (
    task_id     VARBINARY(12)   NOT NULL,
    row_no      BIGINT          NOT NULL,
    PRIMARY KEY (task_id, row_no),
    CONSTRAINT ingest_done_task_id FOREIGN KEY (task_id) REFERENCES ingest_tasks (id)
) ENGINE = InnoDB;

CREATE TABLE ingest_log (
    task_id     VARBINARY(12)   NOT NULL,
    row_no      BIGINT          NOT NULL,
    -- a data: URI is cut to its first 100 characters
    uri         VARBINARY(8192) NOT NULL,
    code        BIGINT          NOT NULL,
    message     VARBINARY(4096) NOT NULL,
    PRIMARY KEY (task_id, row_no),
    CONSTRAINT ingest_log_task_id FOREIGN KEY (task_id) REFERENCES ingest_tasks (id)
) ENGINE = InnoDB;
CREATE INDEX ingest_log_by_code ON ingest_log (task_id, code, row_no);

-- How many rows came out how; code 0 is a face in the group.
CREATE TABLE ingest_counts (
    task_id     VARBINARY(12)   NOT NULL,
    code        BIGINT          NOT NULL,
    -- of rows
    rows_no     BIGINT          NOT NULL,
    PRIMARY KEY (task_id, code),
    CONSTRAINT ingest_counts_task_id FOREIGN KEY (task_id) REFERENCES ingest_tasks (id)
) ENGINE = InnoDB;
