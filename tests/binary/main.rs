//! Black-box stories: the real executable on a free port, and the contract's sentences, one by
//! one. Stories about what is stored run on SQLite and on MariaDB.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::format_collect,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::indexing_slicing,
    clippy::doc_markdown,
    reason = "a test says what is wrong by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod big_archives;
mod big_uploads;
mod broken_bodies;
mod clients;
mod conflicts;
mod crashes;
mod digests;
mod doors;
mod duplication;
mod duplication_crash;
mod errors;
mod export_formats;
mod export_transfers;
mod files;
mod form_addresses;
mod form_names;
mod full_disk;
mod groups;
mod ingest_crash;
mod ingest_database;
mod ingest_engines;
mod ingest_servers;
mod ingest_sizes;
mod ingest_tasks;
mod keeper_backup;
mod keeper_doctor;
mod keeper_fsck;
mod keeper_gc;
mod kills;
mod large_bodies;
mod lists;
mod multipart;
mod names;
mod pages;
mod paging;
mod proxies;
mod siege;
mod slow_bodies;
mod split_documents;
mod split_sets;
mod startup;
mod thumbnails;
mod training_annotations;
mod training_bytes;
mod training_documents;
mod training_tasks;
mod trash;
mod unpack;
mod uploads;
mod weather;
mod zip_changes;
mod zip_names;
mod zip_ranges;
mod zips;
