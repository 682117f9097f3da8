//! Face groups by JSON: lists, crops, and what is deleted for good.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::faces::Groups;
use crate::support::upload::word;
use crate::support::{Db, Server};

on_both_databases!(
    groups_and_faces_are_told_to_the_letter,
    lists_go_on_by_key_and_filter,
    a_crop_is_kept_for_ever_and_runs_nothing,
    names_are_decoded_once,
    what_is_deleted_is_gone,
);

fn names(list: &Value) -> Vec<String> {
    list["items"].as_array().expect("items").iter().map(|group| word(&group["name"])).collect()
}

fn groups_and_faces_are_told_to_the_letter(db: Db) {
    let server = Server::start(db);
    assert_eq!(server.get("/api/v1/groups").expect(200).json(), json!({"items": [], "next": null}));
    let groups = Groups::of(&server);
    let id = groups.add("员工", 1)[0].clone();
    let list = server.get("/api/v1/groups").expect(200).json();
    let time = "2023-11-14T22:13:20.000Z";
    assert_eq!(list, json!({"items": [{"name": "员工", "face_count": 1, "created_at": time}], "next": null}));
    let list = server.get("/api/v1/groups/%E5%91%98%E5%B7%A5/faces").expect(200).json();
    let face = json!({
        "id": id, "group": "员工", "tag": "tag 0", "description": "Number 0", "uri": "http://host/0.jpg",
        "sha256": "00".repeat(32), "box": {"x": 1, "y": 2, "width": 30, "height": 40},
        "pose": {"pitch": -1.5, "yaw": 2.25, "roll": 0.0}, "blur": 12.5, "score": 0.987, "faces_found": 2,
        "task_id": "task00000001", "row": 0, "created_at": time,
        "crop_url": format!("/api/v1/groups/%E5%91%98%E5%B7%A5/faces/{id}/crop"),
    });
    assert_eq!(list, json!({"items": [face], "next": null}));
}

fn lists_go_on_by_key_and_filter(db: Db) {
    let server = Server::start(db);
    let groups = Groups::of(&server);
    let mut ids = groups.add("staff", 25);
    ids.reverse();
    groups.add("Stars", 1);
    let (mut seen, mut path) = (Vec::new(), "/api/v1/groups/staff/faces?limit=10".to_owned());
    loop {
        let page = server.get(&path).expect(200).json();
        seen.extend(page["items"].as_array().expect("items").iter().map(|face| word(&face["id"])));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/groups/staff/faces?limit=10&cursor={next}");
    }
    assert_eq!(seen, ids);
    let count = |query: &str| {
        let list = server.get(&format!("/api/v1/groups/staff/faces?{query}")).expect(200).json();
        list["items"].as_array().expect("items").len()
    };
    assert_eq!((count("tag=tag%201"), count("tag=tag"), count("q=NUMBER+2"), count("tag=tag+1&q=13")), (12, 0, 6, 1));
    assert_eq!(names(&server.get("/api/v1/groups").expect(200).json()), ["Stars", "staff"]);
    assert_eq!(names(&server.get("/api/v1/groups?q=STAF").expect(200).json()), ["staff"]);
    let first = server.get("/api/v1/groups?limit=1").expect(200).json();
    let rest = server.get(&format!("/api/v1/groups?limit=1&cursor={}", word(&first["next"]))).expect(200).json();
    assert_eq!((names(&rest), &rest["next"]), (vec!["staff".to_owned()], &Value::Null));
    for bad in ["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=n1-1"] {
        for list in ["/api/v1/groups", "/api/v1/groups/staff/faces"] {
            server.get(&format!("{list}?{bad}")).expect_problem(400);
        }
    }
    server.get("/api/v1/groups/nobody/faces").expect_problem(404);
}

fn a_crop_is_kept_for_ever_and_runs_nothing(db: Db) {
    let server = Server::start(db);
    let groups = Groups::of(&server);
    let id = groups.add("staff", 1)[0].clone();
    let path = format!("/api/v1/groups/staff/faces/{id}/crop");
    let crop = server.get(&path).expect(200);
    assert_eq!(crop.body, Groups::crop(0));
    assert_eq!(crop.need("content-type"), "image/jpeg");
    assert!(
        crop.need("cache-control").contains("immutable") && crop.need("content-security-policy").contains("sandbox")
    );
    assert_eq!(crop.need("x-content-type-options"), "nosniff");
    let etag = crop.need("etag").to_owned();
    assert!(server.get_with(&path, &[("If-None-Match", &etag)]).expect(304).body.is_empty());
    assert_eq!(server.get_with(&path, &[("Range", "bytes=0-1")]).expect(206).body, [0xFF, 0xD8]);
    for missing in [format!("/api/v1/groups/other/faces/{id}/crop"), path.replace(&id, "7"), path.replace(&id, "x")] {
        server.get(&missing).expect_problem(404);
    }
    let remote = groups.add_remote("staff");
    server.get(&format!("/api/v1/groups/staff/faces/{remote}/crop")).expect_problem(404);
    let newest = server.get("/api/v1/groups/staff/faces?limit=1").expect(200).json()["items"][0].clone();
    assert_eq!((word(&newest["id"]), &newest["crop_url"], &newest["pose"]), (remote, &Value::Null, &Value::Null));
}

fn names_are_decoded_once(db: Db) {
    let server = Server::start(db);
    let groups = Groups::of(&server);
    for (name, in_path) in
        [("a/b", "a%2Fb"), ("50%25", "50%2525"), ("a+b c", "a+b%20c"), ("'x' & <y>", "%27x%27%20%26%20%3Cy%3E")]
    {
        let id = groups.add(name, 1)[0].clone();
        let list = server.get(&format!("/api/v1/groups/{in_path}/faces")).expect(200).json();
        assert_eq!((&list["items"][0]["id"], &list["items"][0]["group"]), (&json!(id), &json!(name)));
        let url = word(&list["items"][0]["crop_url"]);
        assert_eq!(server.get(&url).expect(200).body, Groups::crop(0), "{name}");
        assert!(server.get(&format!("/groups/{in_path}")).expect(200).text().contains(&id), "{name}");
        server.delete(&format!("/api/v1/groups/{in_path}")).expect(204);
    }
    server.get("/api/v1/groups/%ff/faces").expect_problem(400);
}

fn what_is_deleted_is_gone(db: Db) {
    let server = Server::start(db);
    let groups = Groups::of(&server);
    let ids = groups.add("staff", 3);
    let one = format!("/api/v1/groups/staff/faces/{}", ids[1]);
    server.send("DELETE", &one, &[("Sec-Fetch-Site", "cross-site")], b"").expect(403);
    server.delete(&format!("/api/v1/groups/other/faces/{}", ids[1])).expect_problem(404);
    server.delete(&one).expect(204);
    server.delete(&one).expect_problem(404);
    server.get(&format!("{one}/crop")).expect_problem(404);
    let list = server.get("/api/v1/groups/staff/faces").expect(200).json();
    let left: Vec<String> = list["items"].as_array().expect("items").iter().map(|face| word(&face["id"])).collect();
    assert_eq!(left, [ids[2].clone(), ids[0].clone()]);
    assert_eq!(server.get("/api/v1/groups").expect(200).json()["items"][0]["face_count"], 2);
    server.delete("/api/v1/groups/staff").expect(204);
    server.delete("/api/v1/groups/staff").expect_problem(404);
    server.get("/api/v1/groups/staff/faces").expect_problem(404);
    assert_eq!(server.direct().number("SELECT COUNT(*) FROM faces"), 0);
    assert_eq!(server.direct().number("SELECT COUNT(*) FROM blobs"), 0);
}
