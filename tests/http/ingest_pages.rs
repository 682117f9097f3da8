//! What the pages of face ingest answer: forms filled in again with the reason beside the field, nothing changed where
//! nothing may, and no markup from a CSV.

use rocket::http::{ContentType, Header, Status};

use crate::world::World;

const BOUNDARY: &str = "the-end-of-a-part";

struct Seen {
    status: Status,
    location: String,
    page: String,
}

/// A form as a browser sends it; `csv` is its file, if one was chosen.
fn send(world: &World, fields: &[(&str, &str)], csv: Option<&[u8]>, lang: &'static str) -> Seen {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(head.as_bytes());
    }
    let name = if csv.is_some() { "faces.csv" } else { "" };
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(csv.unwrap_or_default());
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    let kind = ContentType::new("multipart", "form-data").with_params(("boundary", BOUNDARY));
    let request = world.client.post("/ingest").header(kind).header(Header::new("Accept-Language", lang));
    seen(request.body(body).dispatch())
}

fn post(world: &World, path: &str, body: &str) -> Seen {
    let request = world.client.post(path.to_owned()).header(ContentType::Form).body(body);
    seen(request.header(Header::new("Accept-Language", "zh-CN")).dispatch())
}

fn get(world: &World, path: &str) -> Seen {
    seen(world.client.get(path.to_owned()).dispatch())
}

fn seen(response: rocket::local::blocking::LocalResponse<'_>) -> Seen {
    let location = response.headers().get_one("Location").unwrap_or_default().to_owned();
    Seen { status: response.status(), location, page: response.into_string().unwrap_or_default() }
}

/// A task of two rows that nobody has started; where its page is.
fn task(world: &World, group: &str, csv: &str) -> String {
    let made = send(world, &[("group_name", group)], Some(csv.as_bytes()), "en");
    assert_eq!(made.status, Status::SeeOther, "{}", made.page);
    assert!(made.location.starts_with("/ingest/"), "{}", made.location);
    made.location
}

fn is_empty(world: &World) -> bool {
    !get(world, "/ingest").page.contains("class=\"ingests\"")
}

#[test]
fn a_form_that_fails_comes_back_filled_in() {
    let world = World::new();
    let csv = Some(&b"http://h/1.jpg,a,b"[..]);
    for (fields, csv, hint, kept) in [
        (&[("group_name", ""), ("width", "80")][..], csv, "hint-group", "value=\"80\""),
        (&[("group_name", "员工"), ("width", "x")], csv, "hint-width", "value=\"员工\""),
        (&[("group_name", "g"), ("thread_num", "65")], csv, "hint-thread_num", "value=\"65\""),
        (&[("group_name", "g"), ("from_tag", "nowhere")], None, "hint-from", "value=\"nowhere\""),
        (&[("group_name", "g"), ("mode", "1")], None, "hint-file", "<option value=\"1\" selected>"),
        (&[("group_name", "g")], Some(b"\n\n"), "hint-file", "value=\"g\""),
    ] {
        let answer = send(&world, fields, csv, "zh-CN");
        assert_eq!(answer.status, Status::BadRequest, "{fields:?}");
        let wrong = format!("<small class=\"wrong\" id=\"{hint}\">");
        assert!(answer.page.contains(&wrong), "{fields:?}: {}", answer.page);
        assert!(answer.page.contains(kept), "{fields:?}: {}", answer.page);
    }
    assert!(is_empty(&world), "nothing was made");
}

#[test]
fn a_pose_that_nobody_can_measure_is_refused_and_greyed() {
    let world = World::new();
    let page = get(&world, "/ingest").page;
    let field = page.split("name=\"pos_pitch\"").nth(1).unwrap().split("</label>").next().unwrap();
    assert!(field.contains("disabled") && field.contains("yunet"), "{field}");
    let answer = send(&world, &[("group_name", "g"), ("pos_yaw", "30")], Some(b"http://h/1"), "en");
    assert_eq!(answer.status, Status::BadRequest);
    assert!(answer.page.contains("faces.engine"), "{}", answer.page);
    assert!(is_empty(&world));
}

#[test]
fn a_csv_can_be_looked_at_before_a_task_is_made_of_it() {
    let world = World::new();
    // "tag,uri" and a row in GB18030.
    let csv = [b"tag,uri\n".as_slice(), &[0xd5, 0xc5, 0xc8, 0xfd], b",http://h/1.jpg\n"].concat();
    let answer = send(&world, &[("group_name", "g"), ("check", "yes")], Some(&csv), "zh-CN");
    assert_eq!(answer.status, Status::Ok);
    assert!(answer.page.contains("GB18030"), "{}", answer.page);
    assert!(answer.page.contains("<td>http://h/1.jpg</td><td>张三</td>"), "{}", answer.page);
    assert!(is_empty(&world));
}

#[test]
fn no_markup_comes_out_of_a_csv() {
    let world = World::new();
    let evil = "<script>alert(1)</script>";
    let csv = format!("{evil},{evil},{evil}\njavascript:alert(2),a,b\n\"data:text/html,{evil}\",a,b\n");
    let checked = send(&world, &[("group_name", evil), ("check", "yes")], Some(csv.as_bytes()), "en");
    assert!(!checked.page.contains("<script>alert"), "{}", checked.page);
    let path = task(&world, evil, &csv);
    let id = path.trim_start_matches("/ingest/").to_owned();
    assert_eq!(post(&world, &format!("{path}/start"), "").status, Status::SeeOther);
    let detail = format!("/v1/tasks/{id}/detail");
    for _ in 0..600 {
        if get(&world, &detail).page.contains("\"state\":4") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    for path in [path.clone(), "/ingest".to_owned(), format!("{path}/events")] {
        let page = get(&world, &path).page;
        assert!(!page.contains("<script>alert"), "{path}: {page}");
        assert!(!page.contains("href=\"javascript"), "{path}: {page}");
        assert!(path.ends_with("/ingest") || page.contains("101"), "{path}: {page}");
    }
    let asked = post(&world, &format!("{path}/delete"), "typed=%3Cscript%3Ealert(3)%3C%2Fscript%3E").page;
    assert!(!asked.contains("<script>alert"), "{asked}");
}

#[test]
fn only_the_typed_name_deletes() {
    let world = World::new();
    let path = task(&world, "员工", "http://h/1.jpg\n");
    for (body, status) in [("", Status::Ok), ("typed=", Status::BadRequest), ("typed=other", Status::BadRequest)] {
        let asked = post(&world, &format!("{path}/delete"), body);
        assert_eq!(asked.status, status, "{body}");
        assert!(asked.page.contains("员工"), "{}", asked.page);
        assert_eq!(get(&world, &path).status, Status::Ok);
    }
    let gone = post(&world, &format!("{path}/delete"), "typed=%E5%91%98%E5%B7%A5");
    assert_eq!((gone.status, gone.location.as_str()), (Status::SeeOther, "/ingest"));
    for path in [path.clone(), format!("{path}/events")] {
        assert_eq!(get(&world, &path).status, Status::NotFound, "{path}");
    }
    assert_eq!(post(&world, &format!("{path}/start"), "").status, Status::NotFound);
}

#[test]
fn changes_are_posts_of_this_very_site() {
    let world = World::new();
    let path = task(&world, "g", "http://h/1.jpg\n");
    for verb in ["start", "stop", "delete"] {
        let path = format!("{path}/{verb}");
        assert!(get(&world, &path).status.code >= 404, "{path} by GET");
        let foreign = world
            .client
            .post(path.clone())
            .header(ContentType::Form)
            .header(Header::new("Sec-Fetch-Site", "cross-site"));
        assert_eq!(foreign.dispatch().status(), Status::Forbidden, "{path}");
    }
    let answer = post(&world, &format!("{path}/stop"), "");
    assert_eq!(answer.status, Status::SeeOther, "a task that doesn't run is told of, and stays");
    assert!(get(&world, &path).page.contains("class=\"notice bad\""));
}

#[test]
fn lists_are_filtered_by_group_and_state() {
    let world = World::new();
    let one = task(&world, "one", "http://h/1.jpg\n");
    let two = task(&world, "two", "http://h/1.jpg\n");
    let listed = |query: &str| {
        let page = get(&world, &format!("/ingest{query}")).page;
        [&one, &two].map(|path| page.contains(&format!("href=\"{path}\"")))
    };
    assert_eq!(listed(""), [true, true]);
    assert_eq!(listed("?group=one"), [true, false]);
    assert_eq!(listed("?state=created"), [true, true]);
    assert_eq!(listed("?state=running"), [false, false]);
    assert_eq!(listed("?group=two&state=created"), [false, true]);
}
