//! What the forms of the task pages answer: statuses, the form filled in again, and nothing changed.

use rocket::http::{ContentType, Header, Status};
use serde_json::{Value, json};

use crate::world::World;

struct Seen {
    status: Status,
    location: String,
    page: String,
}

fn post(world: &World, path: &str, body: &str, lang: &'static str) -> Seen {
    let request = world.client.post(path).header(ContentType::Form).body(body);
    let response = request.header(Header::new("Accept-Language", lang)).dispatch();
    let location = response.headers().get_one("Location").unwrap_or_default().to_owned();
    Seen { status: response.status(), location, page: response.into_string().unwrap_or_default() }
}

fn json_of(world: &World, method: rocket::http::Method, path: &str, body: &Value) -> Value {
    let request = world.client.req(method, path.to_owned()).header(ContentType::JSON).body(body.to_string());
    request.dispatch().into_json().unwrap()
}

/// A task with a class and images of these names, whose bytes aren't in.
fn task(world: &World, names: &[&str]) -> String {
    let new = json!({"task_name": "a", "task_type": 1, "lab_class_list": [{"name": "cat", "color": "#112233"}]});
    let id =
        json_of(world, rocket::http::Method::Post, "/training/tasks", &new)["task_id"].as_str().unwrap().to_owned();
    if names.is_empty() {
        return id;
    }
    let image = |name: &&str| json!({"img_name": name, "img_type": 1, "img_size": 9, "width": 4, "height": 4, "create_oper": "1"});
    let images: Vec<Value> = names.iter().map(image).collect();
    let body = json!({"task_id": id, "img_info": images});
    assert_eq!(json_of(world, rocket::http::Method::Post, "/training/files/files", &body)["code"], 0);
    id
}

fn told(world: &World, id: &str) -> Value {
    world.client.get(format!("/training/tasks/{id}")).dispatch().into_json::<Value>().unwrap()["task"].clone()
}

#[test]
fn a_task_without_a_name_comes_back_filled_in() {
    let world = World::new();
    for (body, kept) in [
        ("name=+&type=2&tag=", "value=\"2\" selected"),
        ("name=fine&type=9&tag=", "value=\"fine\""),
        ("name=fine&type=2&tag=nowhere", "value=\"nowhere\""),
        ("name=fine&type=2&tag=a%2Fb", "value=\"a&#47;b\""),
    ] {
        let seen = post(&world, "/tasks", body, "en");
        assert_eq!(seen.status, Status::BadRequest, "{body}");
        assert!(seen.page.contains("class=\"wrong\""), "{body}: {}", seen.page);
        assert!(seen.page.contains(kept) || seen.page.contains("value=\"a/b\""), "{body}: {}", seen.page);
    }
    let list = world.client.get("/training/tasks").dispatch().into_json::<Value>().unwrap();
    assert_eq!(list["items"], json!([]), "nothing was made");
    let made = post(&world, "/tasks", "name=fine&type=2&tag=", "en");
    assert_eq!(made.status, Status::SeeOther);
    assert!(made.location.starts_with("/tasks/"), "{}", made.location);
}

#[test]
fn refusals_of_a_split_stand_beside_their_fields() {
    let world = World::new();
    let id = task(&world, &["1", "2", "3", "4"]);
    let path = format!("/tasks/{id}/split");
    for (body, field, status, text) in [
        ("training=0&verifying=2&testing=2", "wrong-training", 422, "训练集中图像的个数不能小于等于0"),
        ("training=5&verifying=-1&testing=0", "wrong-verifying", 422, "验证集中图像的个数不能小于0"),
        ("training=5&verifying=0&testing=-1", "wrong-testing", 422, "测试集中图像的个数不能小于0"),
        ("training=9&verifying=0&testing=0", "role=\"alert\"", 422, "待分配的图像共 4 个"),
        ("training=x&verifying=0&testing=0", "wrong-training", 400, "请填写整数"),
        ("training=4&verifying=0&testing=0&seed=-1", "seed-hint", 400, "种子为 0 到"),
    ] {
        let seen = post(&world, &path, body, "zh-CN");
        assert_eq!(seen.status.code, status, "{body}");
        assert!(seen.page.contains(field) && seen.page.contains(text), "{body}: {}", seen.page);
    }
    assert_eq!(told(&world, &id)["split"], Value::Null);
    let seen = post(&world, &path, "training=2&verifying=1&testing=1&seed=7&lock=yes", "en");
    assert_eq!((seen.status, seen.location), (Status::SeeOther, format!("/tasks/{id}")));
    assert_eq!(told(&world, &id)["counts"]["sets"], json!({"training": 2, "verifying": 1, "testing": 1}));
    assert_eq!(told(&world, &id)["lock"], json!(["testing"]));
    // Counts that were offered stand in place of those in the fields; no tick opens the lock.
    let seen = post(&world, &path, "training=9&verifying=9&testing=9&nearest=1,1,2", "en");
    assert_eq!(seen.status, Status::SeeOther, "{}", seen.page);
    assert_eq!(told(&world, &id)["counts"]["sets"], json!({"training": 1, "verifying": 1, "testing": 2}));
    assert_eq!(told(&world, &id)["lock"], json!([]));
}

#[test]
fn label_classes_come_back_with_what_is_wrong() {
    let world = World::new();
    let id = task(&world, &[]);
    let class = told(&world, &id)["lab_class_list"][0]["id"].as_i64().unwrap();
    for (path, body, status) in [
        (format!("/tasks/{id}/classes"), "name=cat&color=%23aabbcc", 409),
        (format!("/tasks/{id}/classes"), "name=&color=%23aabbcc", 400),
        (format!("/tasks/{id}/classes"), "name=dog&color=red", 400),
        (format!("/tasks/{id}/classes/{class}"), "name=cat&color=red", 400),
        (format!("/tasks/{id}/classes/{}", class + 1), "name=x&color=%23aabbcc", 404),
        (format!("/tasks/{id}/import"), "tag=nowhere", 400),
    ] {
        let seen = post(&world, &path, body, "en");
        assert_eq!(seen.status.code, status, "{path} {body}");
        assert!(status == 404 || seen.page.contains("class=\"wrong\""), "{path} {body}: {}", seen.page);
    }
    assert_eq!(told(&world, &id)["lab_class_list"].as_array().unwrap().len(), 1);
    assert_eq!(told(&world, &id)["lab_class_list"][0]["color"], "#112233");
    assert_eq!(
        post(&world, &format!("/tasks/{id}/classes"), "name=dog&color=%23aabbcc", "en").status,
        Status::SeeOther
    );
}

#[test]
fn what_is_not_there_is_a_page_that_says_so() {
    let world = World::new();
    let id = task(&world, &["1"]);
    for path in ["/tasks/99", "/tasks/x", "/tasks/99/split", "/tasks/99/images/1/thumb"] {
        let response = world.client.get(path).dispatch();
        assert_eq!(response.status(), Status::NotFound, "{path}");
        assert_eq!(response.content_type(), Some(ContentType::HTML), "{path}");
    }
    for (path, body) in [
        ("/tasks/99/copy".to_owned(), ""),
        ("/tasks/99/delete".to_owned(), "confirmed=yes"),
        (format!("/tasks/{id}/images/delete"), "ids=99"),
        (format!("/tasks/{id}/images/restore"), "ids=99"),
    ] {
        assert_eq!(post(&world, &path, body, "en").status, Status::NotFound, "{path}");
    }
    assert_eq!(post(&world, &format!("/tasks/{id}/images/delete"), "ids=x", "en").status, Status::BadRequest);
    let nothing = post(&world, &format!("/tasks/{id}/images/delete"), "back=%2F%2Fevil.example", "en");
    assert_eq!((nothing.status, nothing.location.as_str()), (Status::SeeOther, "/"), "never to another site");
    assert_eq!(told(&world, &id)["counts"]["sets"]["training"], 1);
}

#[test]
fn an_empty_task_and_its_split_are_pages() {
    let world = World::new();
    let id = task(&world, &[]);
    for path in ["/tasks".to_owned(), format!("/tasks/{id}"), format!("/tasks/{id}/split")] {
        assert_eq!(world.client.get(path.clone()).dispatch().status(), Status::Ok, "{path}");
    }
    let copied = post(&world, &format!("/tasks/{id}/copy"), "", "en");
    assert_eq!(copied.status, Status::SeeOther);
    let copy = copied.location.strip_prefix("/tasks/").unwrap();
    assert_eq!(told(&world, copy)["copied_from"], json!([id]));
}

#[test]
fn an_image_has_a_page_in_its_own_task_only() {
    let world = World::new();
    let id = task(&world, &["1", "2", "3"]);
    let other = task(&world, &["4"]);
    let list = world.client.get(format!("/tasks/{id}")).dispatch().into_string().unwrap();
    let link = |name: &str| {
        let (before, _) = list.split_once(&format!("<span class=\"caption\">{name}</span>")).unwrap();
        before.rsplit_once("href=\"").unwrap().1.split('"').next().unwrap().to_owned()
    };
    let middle = world.client.get(link("2")).dispatch();
    assert_eq!(middle.status(), Status::Ok);
    let page = middle.into_string().unwrap();
    for part in [&format!("href=\"{}\" rel=\"prev\"", link("1")), &format!("href=\"{}\" rel=\"next\"", link("3"))] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let image = link("2").rsplit('/').next().unwrap().to_owned();
    for path in
        [format!("/tasks/{other}/images/{image}"), format!("/tasks/{id}/images/7"), format!("/tasks/{id}/images/x")]
    {
        assert_eq!(world.client.get(path.clone()).dispatch().status(), Status::NotFound, "{path}");
    }
    // Deleting leads on to the next; the deleted one keeps its page, and neighbours among the deleted.
    let form = format!("ids={image}&back={}", link("3"));
    let seen = post(&world, &format!("/tasks/{id}/images/delete"), &form, "en");
    assert_eq!((seen.status, seen.location), (Status::SeeOther, link("3")));
    let page = world.client.get(link("2")).dispatch().into_string().unwrap();
    assert!(
        page.contains(&format!("action=\"/tasks/{id}/images/restore\"")) && !page.contains("rel=\"next\""),
        "{page}"
    );
    let page = world.client.get(link("3")).dispatch().into_string().unwrap();
    assert!(page.contains(&format!("href=\"{}\" rel=\"prev\"", link("1"))), "the deleted one is passed over: {page}");
}
