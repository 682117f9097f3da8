-- A fingerprint of how a picture looks, made with its thumbnail; NULL while there is none, and for
-- pictures too plain to tell apart. Thumbnails that are there already are made once more for it.
ALTER TABLE blobs ADD COLUMN look BIGINT;
UPDATE blobs SET thumbnail = 0 WHERE thumbnail = 1;

-- Label classes have ids of their own: JSON numbers below 2^53.
INSERT INTO id_blocks (name, next_id) VALUES ('class', 1);

CREATE TABLE tasks (
    id            BIGINT          NOT NULL PRIMARY KEY,
    name          VARBINARY(255)  NOT NULL,
    -- lower case, for the search that ignores letter case
    folded        VARBINARY(1024) NOT NULL,
    -- 1, 2 or 3
    task_type     BIGINT          NOT NULL,
    -- images are numbered from 1; this is the last number given
    last_order_id BIGINT          NOT NULL,
    -- the last number of a label class: it stays the same in copies, where ids change
    last_class_no BIGINT          NOT NULL,
    -- counts every change of its images, so that counts and export plans can be kept
    revision      BIGINT          NOT NULL,
    -- sets that later splits leave alone: 1 training + 2 testing + 4 verifying
    locked_sets   BIGINT          NOT NULL,
    -- the last split, as JSON
    split         VARBINARY(4096),
    copied_from   BIGINT,
    -- 1 while the folder tasks/<id>/ may differ from the rows
    folder_stale  BIGINT          NOT NULL,
    created_at    BIGINT          NOT NULL,
    deleted_at    BIGINT,
    KEY tasks_by_copy (copied_from),
    KEY tasks_with_stale_folder (folder_stale, id),
    CONSTRAINT tasks_source FOREIGN KEY (copied_from) REFERENCES tasks (id)
) ENGINE = InnoDB;

CREATE TABLE label_classes (
    id         BIGINT         NOT NULL PRIMARY KEY,
    task_id    BIGINT         NOT NULL,
    -- what annotations name
    class_no   BIGINT         NOT NULL,
    name       VARBINARY(255) NOT NULL,
    -- #rrggbb
    color      VARBINARY(7)   NOT NULL,
    order_id   BIGINT         NOT NULL,
    -- the class that it was copied from
    origin_id  BIGINT,
    created_at BIGINT         NOT NULL,
    UNIQUE KEY label_classes_name (task_id, name),
    UNIQUE KEY label_classes_no (task_id, class_no),
    CONSTRAINT label_classes_task FOREIGN KEY (task_id) REFERENCES tasks (id)
) ENGINE = InnoDB;

-- ImgInfo of seed 000: what an image is.
CREATE TABLE images (
    img_id      BIGINT         NOT NULL PRIMARY KEY,
    img_name    VARBINARY(255) NOT NULL,
    -- 1 png, 2 jpeg, 3 bmp
    img_type    TINYINT        NOT NULL,
    img_size    BIGINT         NOT NULL,
    -- of the picture as displayed
    width       INT            NOT NULL,
    height      INT            NOT NULL,
    create_oper BIGINT         NOT NULL,
    create_time BIGINT         NOT NULL,
    -- NULL while its bytes are not in
    sha256      VARBINARY(64),
    -- a person, session or video whose images must not fall across sets
    group_key   VARBINARY(255),
    -- the file of a tag that it was imported from
    source_file BIGINT,
    -- the image that it was copied from
    origin_id   BIGINT,
    is_del      TINYINT        NOT NULL,
    KEY images_by_blob (sha256),
    CONSTRAINT images_blob FOREIGN KEY (sha256) REFERENCES blobs (sha256)
) ENGINE = InnoDB;

-- TaskImgRel of seed 000: where an image stands in its task.
CREATE TABLE task_images (
    task_id     BIGINT  NOT NULL,
    order_id    BIGINT  NOT NULL,
    img_id      BIGINT  NOT NULL,
    -- 0 training, 1 testing, 2 verifying
    set_id      TINYINT NOT NULL,
    -- 1 once a split has given it its set
    is_placed   TINYINT NOT NULL,
    -- 0 uploading, 1 ready, 2 annotated, 3 trained, 4 tested, 5 verified
    img_state   TINYINT NOT NULL,
    -- class_no of the largest box of its annotation
    top_class   BIGINT,
    -- ids in image_parts
    img_roi_id  BIGINT,
    img_mask_id BIGINT,
    img_dl_id   BIGINT,
    is_del      TINYINT NOT NULL,
    PRIMARY KEY (task_id, order_id),
    UNIQUE KEY task_images_by_image (img_id),
    CONSTRAINT task_images_task FOREIGN KEY (task_id) REFERENCES tasks (id),
    CONSTRAINT task_images_image FOREIGN KEY (img_id) REFERENCES images (img_id)
) ENGINE = InnoDB;

-- ROI, mask and DL pictures of an image.
CREATE TABLE image_parts (
    id         BIGINT        NOT NULL PRIMARY KEY,
    img_id     BIGINT        NOT NULL,
    sha256     VARBINARY(64) NOT NULL,
    -- the part that it was copied from
    origin_id  BIGINT,
    created_at BIGINT        NOT NULL,
    KEY image_parts_by_image (img_id),
    KEY image_parts_by_blob (sha256),
    CONSTRAINT image_parts_image FOREIGN KEY (img_id) REFERENCES images (img_id),
    CONSTRAINT image_parts_blob FOREIGN KEY (sha256) REFERENCES blobs (sha256)
) ENGINE = InnoDB;

-- One document for each annotated image; objects name their class by class_no.
CREATE TABLE annotations (
    img_id     BIGINT         NOT NULL PRIMARY KEY,
    -- the document, or NULL where it is so large that it lies in a blob
    doc        MEDIUMBLOB,
    sha256     VARBINARY(64),
    -- the class_no of its objects, each once: ",1,7,"
    classes    BLOB           NOT NULL,
    updated_at BIGINT         NOT NULL,
    KEY annotations_by_blob (sha256),
    CONSTRAINT annotations_image FOREIGN KEY (img_id) REFERENCES images (img_id),
    CONSTRAINT annotations_blob FOREIGN KEY (sha256) REFERENCES blobs (sha256)
) ENGINE = InnoDB;
