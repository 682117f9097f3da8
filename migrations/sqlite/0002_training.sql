-- A fingerprint of how a picture looks, made with its thumbnail; NULL while there is none, and for
-- pictures too plain to tell apart. Thumbnails that are there already are made once more for it.
ALTER TABLE blobs ADD COLUMN look INTEGER;
UPDATE blobs SET thumbnail = 0 WHERE thumbnail = 1;

-- Label classes have ids of their own: JSON numbers below 2^53.
INSERT INTO id_blocks (name, next_id) VALUES ('class', 1);

CREATE TABLE tasks (
    id            INTEGER NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    -- lower case, for the search that ignores letter case
    folded        TEXT    NOT NULL,
    -- 1, 2 or 3
    task_type     INTEGER NOT NULL,
    -- images are numbered from 1; this is the last number given
    last_order_id INTEGER NOT NULL,
    -- the last number of a label class: it stays the same in copies, where ids change
    last_class_no INTEGER NOT NULL,
    -- counts every change of its images, so that counts and export plans can be kept
    revision      INTEGER NOT NULL,
    -- sets that later splits leave alone: 1 training + 2 testing + 4 verifying
    locked_sets   INTEGER NOT NULL,
    -- the last split, as JSON
    split         TEXT,
    copied_from   INTEGER REFERENCES tasks (id),
    -- 1 while the folder tasks/<id>/ may differ from the rows
    folder_stale  INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    deleted_at    INTEGER
);
CREATE INDEX tasks_by_copy ON tasks (copied_from) WHERE copied_from IS NOT NULL;
CREATE INDEX tasks_with_stale_folder ON tasks (id) WHERE folder_stale = 1;

CREATE TABLE label_classes (
    id         INTEGER NOT NULL PRIMARY KEY,
    task_id    INTEGER NOT NULL REFERENCES tasks (id),
    -- what annotations name
    class_no   INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    -- #rrggbb
    color      TEXT    NOT NULL,
    order_id   INTEGER NOT NULL,
    -- the class that it was copied from
    origin_id  INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (task_id, name),
    UNIQUE (task_id, class_no)
);

-- ImgInfo of seed 000: what an image is.
CREATE TABLE images (
    img_id      INTEGER NOT NULL PRIMARY KEY,
    img_name    TEXT    NOT NULL,
    -- 1 png, 2 jpeg, 3 bmp
    img_type    INTEGER NOT NULL,
    img_size    INTEGER NOT NULL,
    -- of the picture as displayed
    width       INTEGER NOT NULL,
    height      INTEGER NOT NULL,
    create_oper INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    -- NULL while its bytes are not in
    sha256      TEXT REFERENCES blobs (sha256),
    -- a person, session or video whose images must not fall across sets
    group_key   TEXT,
    -- the file of a tag that it was imported from
    source_file INTEGER,
    -- the image that it was copied from
    origin_id   INTEGER,
    is_del      INTEGER NOT NULL
);
CREATE INDEX images_by_blob ON images (sha256);

-- TaskImgRel of seed 000: where an image stands in its task.
CREATE TABLE task_images (
    task_id     INTEGER NOT NULL REFERENCES tasks (id),
    order_id    INTEGER NOT NULL,
    img_id      INTEGER NOT NULL REFERENCES images (img_id),
    -- 0 training, 1 testing, 2 verifying
    set_id      INTEGER NOT NULL,
    -- 1 once a split has given it its set
    is_placed   INTEGER NOT NULL,
    -- 0 uploading, 1 ready, 2 annotated, 3 trained, 4 tested, 5 verified
    img_state   INTEGER NOT NULL,
    -- class_no of the largest box of its annotation
    top_class   INTEGER,
    -- ids in image_parts
    img_roi_id  INTEGER,
    img_mask_id INTEGER,
    img_dl_id   INTEGER,
    is_del      INTEGER NOT NULL,
    PRIMARY KEY (task_id, order_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX task_images_by_image ON task_images (img_id);

-- ROI, mask and DL pictures of an image.
CREATE TABLE image_parts (
    id         INTEGER NOT NULL PRIMARY KEY,
    img_id     INTEGER NOT NULL REFERENCES images (img_id),
    sha256     TEXT    NOT NULL REFERENCES blobs (sha256),
    -- the part that it was copied from
    origin_id  INTEGER,
    created_at INTEGER NOT NULL
);
CREATE INDEX image_parts_by_image ON image_parts (img_id);
CREATE INDEX image_parts_by_blob ON image_parts (sha256);

-- One document for each annotated image; objects name their class by class_no.
CREATE TABLE annotations (
    img_id     INTEGER NOT NULL PRIMARY KEY REFERENCES images (img_id),
    -- the document, or NULL where it is so large that it lies in a blob
    doc        BLOB,
    sha256     TEXT REFERENCES blobs (sha256),
    -- the class_no of its objects, each once: ",1,7,"
    classes    TEXT    NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX annotations_by_blob ON annotations (sha256) WHERE sha256 IS NOT NULL;
