//! What people send never comes back as markup: names, tasks, classes, fields of a CSV, log lines, user agents. In the real
//! browser: no dialog, no breach of the pages' policy, nothing that our templates didn't write.

use serde_json::json;

use crate::browser::{Browser, Look};
use crate::doors::{shut, sign_in};
use crate::on_both_databases;
use crate::support::http::encode;
use crate::support::upload::word;
use crate::support::{Db, ingest, pictures};

on_both_databases!(nothing_that_was_sent_runs);

/// Short enough for a group of faces, and without a slash, so that each can be a name.
const CORPUS: [&str; 6] = [
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(2)><b id=\"own",
    "' onmouseover='alert(3)' autofocus='",
    "javascript:alert(4)",
    "<script>alert(5)<&#47;script>",
    "{{7*7}}${7*7}<iframe srcdoc='x'>",
];

/// With the closing tags that a name can't have.
const TEXTS: [&str; 3] = [
    "</title><script>alert(6)</script>",
    "</textarea></style><img src=x onerror=alert(7)>",
    "--><a href=javascript:alert(8)>x</a>",
];

/// Everything, everywhere; the pages where it must show.
fn sow(browser: &Browser) -> Vec<String> {
    let server = &browser.server;
    let mut pages = Vec::new();
    for (n, seed) in CORPUS.iter().zip(1..) {
        let file = server.store(n, &format!("{n}.png"), &pictures::png(40 + u32::from(seed), 30, seed));
        pages.extend([
            format!("/tags/{}", encode(n)),
            format!("/files/{}", word(&file["id"])),
            format!("/upload/{}", encode(n)),
        ]);
        pages.push(format!("/tags/{}?q={}&type={}", encode(n), encode(n), encode(n)));
        let body = json!({"task_name": n, "task_type": 1, "lab_class_list": [{"name": n, "color": "#ff0000"}]});
        let task = word(&server.send_json("POST", "/training/tasks", &body).expect_fine()["task_id"]);
        let import = format!("/training/tasks/{task}/import");
        server.send_json("POST", &import, &json!({"tag": n})).expect_fine();
        let image = server.json(&format!("/training/tasks/sets?task_id={task}&set_type_id=0"));
        let image = word(&image["img_info_list"][0]["img_id"]);
        pages.extend([
            format!("/tasks/{task}"),
            format!("/tasks/{task}/split"),
            format!("/tasks/{task}/images/{image}"),
        ]);
        let text = TEXTS[usize::from(seed) % TEXTS.len()];
        let picture = format!("granary:tag/{}/{}", encode(n), encode(&format!("{n}.png")));
        let quoted = |field: &str| format!("\"{}\"", field.replace('"', "\"\""));
        let csv =
            format!("{},{},{}\n{picture},{},{}\n", quoted(text), quoted(n), quoted(text), quoted(text), quoted(n));
        let id = word(&server.try_create(&[("group_name", n)], Some(csv.as_bytes())).expect(200).json()["id"]);
        server.ask(&id, "start").expect(200);
        server.until_handled(&id, 2);
        pages.extend([format!("/ingest/{id}"), format!("/groups/{}", encode(n))]);
        pages.extend(["", "tasks", "groups", "ingest"].map(|list| format!("/{list}?q={}", encode(text))));
        pages.push(format!("/login?next={}", encode(n)));
        pages.push(format!("/{}", encode(n)));
    }
    pages.extend(["/", "/tasks", "/ingest", "/groups", "/trash", "/about"].map(str::to_owned));
    server.delete(&format!("/api/v1/tags/{}", encode(CORPUS[0]))).expect_success();
    pages
}

/// Signs in under user agents that are none, and leaves a name in the log.
fn sow_accounts(browser: &Browser) {
    for agent in CORPUS.iter().chain(&TEXTS) {
        let headers = [("User-Agent", *agent), ("Content-Type", "application/x-www-form-urlencoded")];
        let body = b"name=keeper&password=oats+and+millet";
        assert_eq!(browser.server.send("POST", "/login", &headers, body).status, 303, "{agent}");
    }
    let (code, token, err) = browser.server.run(&["token", "add", CORPUS[0], "--scope", "write"], "");
    assert_eq!(code, 0, "{err}");
    let header = format!("Bearer {}", token.trim());
    let path = format!("/upload/{}/x", encode(CORPUS[1]));
    assert_eq!(browser.server.send("PUT", &path, &[("Authorization", &header)], b"x").status, 201);
}

/// Nothing on the page that isn't ours.
fn check(browser: &Browser, path: &str) {
    browser.go(path);
    // While a dialog is open, the browser answers nothing.
    let foreign = browser.run(
        "return [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on') \
         || a.name === 'srcdoc' || /^\\s*javascript:/i.test(a.name === 'href' || a.name === 'src' || a.name === 'action' ? a.value : ''))\
         || e.id === 'own' || (e.tagName === 'SCRIPT' && !e.src) || e.tagName === 'IFRAME').map(e => e.outerHTML)",
    );
    assert_eq!(foreign, json!([]), "{path}");
    let broken = browser.complaints(|entry| {
        entry["source"] == "security"
            || entry["message"].as_str().is_some_and(|text| text.contains("Content Security Policy"))
    });
    assert!(broken.is_empty(), "{path}: {broken:?}");
}

fn nothing_that_was_sent_runs(db: Db) {
    let browser = Browser::open_with(db, Look::default(), ingest::settings().set("ROCKET_DURABILITY", "relaxed"));
    let pages = sow(&browser);
    for file in [
        ("evil.svg", &b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(9)'/>"[..]),
        ("evil.html", b"<script>alert(9)</script>"),
    ] {
        let stored = browser.server.store("evil", file.0, file.1);
        let answer = browser.server.get(&word(&stored["url"])).expect(200);
        assert!(answer.need("content-security-policy").starts_with("sandbox"), "{:?}", answer.headers);
        assert!(answer.need("content-disposition").starts_with("attachment"), "{:?}", answer.headers);
        assert_eq!(answer.need("x-content-type-options"), "nosniff");
    }
    shut(&browser);
    sow_accounts(&browser);
    browser.go("/login");
    sign_in(&browser, "oats and millet");
    browser.wait_for_text("keeper");
    for path in pages {
        check(&browser, &path);
    }
    for path in ["/account", "/audit", "/audit?q=%3Cscript%3E", "/no%3Cscript%3Esuch"] {
        check(&browser, path);
    }
    assert!(browser.server.printed().is_ascii() || !browser.server.printed().contains('\u{1b}'));
}
