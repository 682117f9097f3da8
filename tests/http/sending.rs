//! Files of a tag go to a training task: what the form shows, refuses and does.

use rocket::http::{ContentType, Header, Status};
use serde_json::{Value, json};

use crate::world::World;

/// A bitmap of 2 × 2 pixels that differ by `seed`.
fn bitmap(seed: u8) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    for number in [70_u32, 0, 54, 40, 2, 2] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([1, 0, 24, 0]);
    bytes.extend([0; 24]);
    bytes.extend([seed; 16]);
    bytes
}

/// A tag with three bitmaps and a text; their ids.
fn tag(world: &World) -> Vec<String> {
    let put = |name: &str, bytes: Vec<u8>| {
        let answer = world.client.put(format!("/upload/field/{name}")).body(bytes).dispatch();
        let told: Value = answer.into_json().unwrap();
        told["id"].as_str().unwrap().to_owned()
    };
    vec![put("a.bmp", bitmap(1)), put("b.bmp", bitmap(2)), put("c.bmp", bitmap(3)), put("notes.txt", b"x".to_vec())]
}

struct Seen {
    status: Status,
    location: String,
    page: String,
}

fn post(world: &World, body: &str, lang: &'static str) -> Seen {
    let request = world.client.post("/tasks/send").header(ContentType::Form).body(body);
    let response = request.header(Header::new("Accept-Language", lang)).dispatch();
    let location = response.headers().get_one("Location").unwrap_or_default().to_owned();
    Seen { status: response.status(), location, page: response.into_string().unwrap_or_default() }
}

/// The page of an address.
fn page(world: &World, path: &str) -> (Status, String) {
    let response = world.client.get(path.to_owned()).header(Header::new("Accept-Language", "en")).dispatch();
    (response.status(), response.into_string().unwrap_or_default())
}

fn tasks(world: &World) -> Vec<Value> {
    let list: Value = world.client.get("/training/tasks").dispatch().into_json().unwrap();
    list["items"].as_array().unwrap().clone()
}

fn new_task(world: &World, name: &str) -> String {
    let new = json!({"task_name": name, "task_type": 1});
    let made = world.client.post("/training/tasks").header(ContentType::JSON).body(new.to_string()).dispatch();
    made.into_json::<Value>().unwrap()["task_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_selection_is_asked_where_to_and_goes_there() {
    let world = World::new();
    let ids = tag(&world);
    let old = new_task(&world, "old");
    let newest = new_task(&world, "newest");
    let chosen = format!("scope=selection&tag=field&ids={}&ids={}", ids[0], ids[3]);
    let seen = post(&world, &chosen, "en");
    assert_eq!(seen.status, Status::Ok);
    for part in [ids[0].as_str(), ids[3].as_str(), "2 files", "value=\"new\"", "Back to the tag"] {
        assert!(seen.page.contains(part), "{part}: {}", seen.page);
    }
    assert!(!seen.page.contains(&ids[1]), "nobody chose it");
    let (first, second) = (seen.page.find(&format!("value=\"{newest}\"")), seen.page.find(&format!("value=\"{old}\"")));
    assert!(first.unwrap() < second.unwrap(), "the newest first");

    let sent = post(&world, &format!("{chosen}&to={old}&name=&task_type=1"), "en");
    assert_eq!((sent.status, sent.location), (Status::SeeOther, format!("/tasks/{old}")));
    let (_, told) = page(&world, &format!("/tasks/{old}"));
    assert!(told.contains("1 image imported; 1 file is no PNG, JPEG or BMP."), "{told}");
    assert!(told.contains("href=\"/tags/field\">Back to the tag “field”"), "{told}");
    post(&world, &format!("{chosen}&to={old}"), "en");
    let (_, told) = page(&world, &format!("/tasks/{old}"));
    assert!(told.contains("0 images imported; 1 here already; 1 file"), "{told}");
    assert_eq!(tasks(&world).len(), 2);
}

#[test]
fn the_whole_filter_goes_to_a_new_task() {
    let world = World::new();
    tag(&world);
    let (_, tag_page) = page(&world, "/tags/field?type=image");
    let link = "/tasks/send?tag=field&#38;scope=filter&#38;type=image";
    assert!(tag_page.contains(link), "{tag_page}");
    let (status, form) = page(&world, "/tasks/send?tag=field&scope=filter&type=image");
    assert_eq!(status, Status::Ok);
    assert!(form.contains("3 files"), "{form}");
    let sent = post(&world, "scope=filter&tag=field&type=image&q=B&to=new&name=+Night+&task_type=2", "en");
    assert_eq!(sent.status, Status::SeeOther, "{}", sent.page);
    assert_eq!(tasks(&world)[0]["task_name"], "Night");
    assert_eq!(tasks(&world)[0]["counts"]["sets"]["training"], 3, "each name has a b: a.bmp, b.bmp, c.bmp");
}

#[test]
fn a_choice_that_is_none_comes_back_and_nothing_is_made() {
    let world = World::new();
    let ids = tag(&world);
    let gone = new_task(&world, "gone");
    world.client.delete(format!("/training/tasks/{gone}")).dispatch();
    let chosen = format!("scope=selection&tag=field&ids={}", ids[0]);
    for (body, status, part) in [
        (format!("{chosen}&to=new&name=+&task_type=1"), 400, "id=\"wrong-name\""),
        (format!("{chosen}&to=new&name=a&task_type=9"), 400, "id=\"wrong-type\""),
        (format!("{chosen}&to=elsewhere"), 400, "id=\"wrong-to\""),
        (format!("{chosen}&to={gone}"), 404, "该任务已不存在"),
        ("scope=selection&tag=field".to_owned(), 400, "未选择任何文件"),
        ("scope=selection&tag=field&to=new&name=a&task_type=1".to_owned(), 400, "未选择任何文件"),
        ("tag=field&to=new&name=a&task_type=1".to_owned(), 400, "未选择任何文件"),
        ("scope=selection&tag=field&ids=x&to=new&name=a&task_type=1".to_owned(), 400, "文件 id"),
        ("scope=filter&tag=field&since=soon&to=new&name=a&task_type=1".to_owned(), 400, "必须是时间"),
        ("scope=filter&tag=nowhere&to=new&name=a&task_type=1".to_owned(), 404, "class=\"blank\""),
    ] {
        let seen = post(&world, &body, "zh-CN");
        assert_eq!(seen.status.code, status, "{body}");
        assert!(seen.page.contains(part), "{body}: {}", seen.page);
    }
    assert!(tasks(&world).is_empty());
    // The form of nothing is the list of tasks: the switch of languages comes back here.
    assert_eq!(world.client.get("/tasks/send").dispatch().status(), Status::SeeOther);
}
