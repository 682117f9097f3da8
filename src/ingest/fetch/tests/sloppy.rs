//! Heads and addresses as people and programs write them.

use super::server::{Reply, Server, ok};
use super::{assert_says, get, http};

#[tokio::test]
async fn heads_are_read_as_browsers_read_them() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 200\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 7\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length : 7\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno header at all\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 203 From Elsewhere\r\nConnection: close\r\n\r\n",
    ] {
        let server = Server::start(move |_, _| Reply::Close(format!("{head}picture"))).await;
        let got = get(&http(), &server.url("/")).await;
        assert_eq!(got.unwrap_or_else(|refusal| panic!("{head:?}: {refusal}")), b"picture", "{head:?}");
    }
}

#[tokio::test]
async fn a_location_may_be_written_in_any_way() {
    for (location, path) in [
        (&b"/there"[..], "/there"),
        (b"there", "/a/there"),
        (b"?size=2", "/a/b?size=2"),
        (b"  /there  ", "/there"),
        (b"/with blank.jpg", "/with%20blank.jpg"),
        ("/图片.jpg".as_bytes(), "/%E5%9B%BE%E7%89%87.jpg"),
        // GB18030, as old servers in China send it.
        (b"/\xcd\xbc.jpg", "/%CD%BC.jpg"),
        (b"/there#part", "/there"),
    ] {
        let head = [b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ", location, b"\r\n\r\n"].concat();
        let server =
            Server::start(
                move |n, head_of| {
                    if n == 0 { Reply::Raw(head.clone()) } else { ok(head_of.split(' ').nth(1).unwrap()) }
                },
            )
            .await;
        let got = get(&http(), &server.url("/a/b")).await.unwrap();
        assert_eq!(String::from_utf8(got).unwrap(), path, "{}", String::from_utf8_lossy(location));
    }
}

#[tokio::test]
async fn addresses_may_be_written_for_people() {
    let server = Server::start(|_, head| ok(head.split(' ').nth(1).unwrap())).await;
    let http = http();
    for (path, asked) in [
        ("/图片/张 三.jpg", "/%E5%9B%BE%E7%89%87/%E5%BC%A0%20%E4%B8%89.jpg"),
        ("/%E5%9B%BE.jpg?a=图", "/%E5%9B%BE.jpg?a=%E5%9B%BE"),
        ("/a.jpg#face", "/a.jpg"),
        ("", "/"),
        ("?a=1;b=2,3", "/?a=1;b=2,3"),
        ("/a|b^c`.jpg", "/a|b^c`.jpg"),
        ("/a\\b.jpg", "/a/b.jpg"),
    ] {
        let got = get(&http, &server.url(path)).await.unwrap();
        let got = String::from_utf8(got).unwrap().replace("%7C", "|").replace("%5E", "^").replace("%60", "`");
        assert_eq!(got, asked, "{path}");
    }
    let shouted = server.url("/x").replace("http:", "HTTP:");
    assert_eq!(get(&http, &shouted).await.unwrap(), b"/x");
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_told() {
    let http = http();
    for (uri, part) in [
        ("http://user:secret@127.0.0.1/a.jpg", "granary:tag/<标签>/<文件名>"),
        ("https://user@h/a.jpg", "granary:tag/<标签>/<文件名>"),
        ("http://127.0.0.1:0/a.jpg", "端口 0"),
        ("http://127.0.0.1:99999/", "格式不正确"),
        ("http://", "格式不正确"),
        ("http://a b/", "格式不正确"),
    ] {
        let got = get(&http, uri).await;
        assert_says(&got, part);
        assert!(!got.unwrap_err().0.zh.contains("secret"), "{uri}");
    }
}
