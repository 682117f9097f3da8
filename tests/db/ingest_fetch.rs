//! What ingest fetches from this very server, and what it says about other addresses.

use granary::ingest::fetch::Fetcher;
use granary::platform::config::{self, Config, Ingest};

use crate::on_both_engines;
use crate::world::{Engine, World};

on_both_engines!(own_files_are_read, other_addresses_are_refused);

fn settings() -> Ingest {
    let figment = config::with_database(config::defaults()).merge(("ingest.max_image", 100));
    Config::extract(&figment).unwrap().ingest
}

async fn assert_refused(fetcher: &Fetcher, uri: &str, part: &str) {
    let refusal = fetcher.fetch(uri).await.err().unwrap_or_else(|| panic!("{uri} was fetched"));
    assert!(refusal.0.zh.contains(part), "{uri}: {refusal}");
}

async fn own_files_are_read(engine: Engine) {
    let world = World::new(engine).await;
    let fetcher = Fetcher::new(&settings(), world.collect.clone());
    world.put("人脸", "a b%.jpg", b"hello").await;
    world.put("人脸", "large.jpg", &[7; 101]).await;
    let written = [
        "granary:tag/%E4%BA%BA%E8%84%B8/a%20b%25.jpg",
        " GRANARY:tag/人脸/a b%25.jpg ",
        "granary:TAG/人脸/%61 b%25.jpg",
    ];
    for uri in written {
        assert_eq!(*fetcher.fetch(uri).await.unwrap().bytes, b"hello");
    }
    assert_refused(&fetcher, "granary:tag/人脸/large.jpg", "101 字节，上限 100 字节").await;
    assert_refused(&fetcher, "granary:tag/人脸/other.jpg", "没有文件 other.jpg").await;
    assert_refused(&fetcher, "granary:tag/人脸/A B%25.jpg", "没有文件 A B%.jpg").await;
    assert_refused(&fetcher, "granary:tag/other/a.jpg", "标签 other 中没有文件").await;
    for uri in ["granary:", "granary:tag/人脸", "granary:file/7", "granary:tag/人脸/../a"] {
        assert_refused(&fetcher, uri, "granary:tag/<标签>/<文件名>").await;
    }
    let file = world.collect.file_by_name("人脸", "a b%.jpg").await.unwrap();
    world.collect.delete_file(file.id).await.unwrap();
    assert_refused(&fetcher, "granary:tag/人脸/a b%25.jpg", "在回收站里").await;
}

async fn other_addresses_are_refused(engine: Engine) {
    let world = World::new(engine).await;
    let fetcher = Fetcher::new(&settings(), world.collect.clone());
    assert_eq!(*fetcher.fetch("data:image/png;base64,aGVsbG8=").await.unwrap().bytes, b"hello");
    assert_refused(&fetcher, "", "uri 为空").await;
    assert_refused(&fetcher, " \t", "uri 为空").await;
    assert_refused(&fetcher, "photo.jpg", "没有协议").await;
    for path in ["/srv/photo.jpg", r"C:\a.jpg", "d:/a.jpg", r"\\server\share\a.jpg", "./a.jpg", "../a.jpg"] {
        assert_refused(&fetcher, path, "没有协议").await;
        assert_refused(&fetcher, path, "granary:tag/<标签>/<文件名>").await;
        assert_refused(&fetcher, path, "只允许 http").await;
    }
    assert_refused(&fetcher, "file:///C:/a.jpg", "granary:tag/<标签>/<文件名>").await;
    assert_refused(&fetcher, "//h/a.jpg", "没有协议").await;
    assert_refused(&fetcher, "www.example.com/a.jpg", "没有协议").await;
    assert_refused(&fetcher, "图:片", "没有协议").await;
    for scheme in ["file", "ftp", "gopher", "javascript"] {
        assert_refused(&fetcher, &format!("{scheme}:///etc/passwd"), &format!("不支持的协议 {scheme}")).await;
    }
    assert_refused(&fetcher, "data:image/png;base64", "双引号").await;
    assert_refused(&fetcher, &format!("data:,{}", "x".repeat(101)), "上限 100 字节").await;
    assert_refused(&fetcher, &format!("data:;base64,{}", "A".repeat(1 << 20)), "上限 100 字节").await;
    assert_refused(&fetcher, "http://127.0.0.1/", "ingest.allow_networks").await;
    assert_refused(&fetcher, "https://[::1]/", "ingest.allow_networks").await;
}
