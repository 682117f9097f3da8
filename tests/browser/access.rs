//! Accessibility that a machine can check, and the width of a phone.

use serde_json::{Value, json};

use crate::browser::{Browser, Look};
use crate::support::faces::Groups;
use crate::support::form::{self, Form};
use crate::support::http::encode;
use crate::support::upload::word;
use crate::support::{Db, pictures, wait};

/// A server with something on every page; the pages, forms that failed among them.
pub fn every_page(browser: &Browser) -> Vec<String> {
    let ids = browser.fill("access", 3);
    let server = &browser.server;
    let gone = word(&server.store("access", "gone.txt", b"x")["id"]);
    server.delete(&format!("/api/v1/files/{gone}")).expect_success();
    server.store("access", "broken.png", &pictures::png(50, 50, 1)[..60]);
    let long = format!("{}{}.jpg", "很长的中文文件名".repeat(8), "no-spaces-to-break-at".repeat(2));
    let long = word(&server.store("access", &long, &pictures::jpeg(90, 300, 8))["id"]);
    server.store(&"标签名也可以很长".repeat(8), "a", b"x");
    let mut pages: Vec<String> = [
        "/",
        "/new",
        "/new?tag=a%2Fb",
        "/tags/access",
        "/tags/access?q=nothing-here",
        "/tags/access?from=soon&typ=x",
        "/trash",
        "/about",
        "/upload/access",
        "/nowhere",
        "/account",
        "/login",
        "/audit",
    ]
    .map(str::to_owned)
    .to_vec();
    pages.extend(task_pages(browser));
    pages.extend(ingest_pages(browser));
    pages.extend(group_pages(browser));
    pages.extend([format!("/files/{}", ids[1]), format!("/files/{long}"), format!("/files/{gone}")]);
    pages
}

/// Face groups: an empty one, and one whose names and texts are long, with a face that an outside server keeps.
fn group_pages(browser: &Browser) -> Vec<String> {
    let groups = Groups::of(&browser.server);
    groups.add("empty", 0);
    let name = "人脸库的名称也可以很长".repeat(5);
    let texts = [("标签很长".repeat(30), "no-spaces-to-break-at".repeat(20)), (String::new(), String::new())];
    groups.described(&name, &texts);
    groups.add_remote(&name);
    let path = format!("/groups/{}", encode(&name));
    ["/groups", "/groups?q=nothing-here", "/groups/empty", &path, &format!("{path}?q=nothing-here")]
        .map(str::to_owned)
        .to_vec()
}

/// Tasks with everything that their pages can show: none before the first, an empty one, one that is
/// split, copied, labelled, long of name, and holds deleted images and images without bytes.
fn task_pages(browser: &Browser) -> Vec<String> {
    let server = &browser.server;
    let empty = server.new_task(&[]);
    let name = "名称很长的任务".repeat(12);
    let body = json!({"task_name": name, "task_type": 2, "lab_class_list": [{"name": "猫", "color": "#ffffff"}]});
    let task = word(&server.send_json("POST", "/training/tasks", &body).expect_fine()["task_id"]);
    let import = format!("/training/tasks/{task}/import");
    let imported = server.send_json("POST", &import, &json!({"tag": "access"})).expect_fine();
    let images: Vec<String> = imported["img_datas"].as_object().expect("images").values().map(word).collect();
    let gone = &images[0];
    let doc = json!({"objects": [{"class": "猫", "bbox": [1, 2, 30, 40]}, {"class": "猫", "bbox": [0, 0, 9.125, 9]}]});
    server.send_json("PUT", &format!("/training/images/{}/annotation", images[1]), &doc).expect_fine();
    server.send_json("PUT", &format!("/training/images/{}/group", images[1]), &json!({"group": "一组".repeat(30)}));
    server.send_json("PUT", "/training/files/files", &json!({"task_id": task, "img_id_list": [gone]})).expect_fine();
    let bare = server.register_png(&task, &"还没有内容".repeat(8), (300, 200), &pictures::png(3, 2, 1));
    let counts = json!({"task_id": task, "ratios": {"training": 2, "verifying": 1, "testing": 1}, "seed": 1});
    server.send_json("PUT", "/training/tasks/sets", &counts).expect_fine();
    let copy = json!({"task_id_old": task, "task_id": "77"});
    server.send_json("POST", "/training/tasks/duplication", &copy).expect(200);
    vec![
        "/tasks".to_owned(),
        "/tasks?tag=access".to_owned(),
        "/tasks?q=nothing-here".to_owned(),
        format!("/tasks/{empty}"),
        format!("/tasks/{task}"),
        format!("/tasks/{task}?set=testing"),
        format!("/tasks/{task}?set=deleted"),
        "/tasks/77".to_owned(),
        format!("/tasks/{task}/split"),
        format!("/tasks/{empty}/split"),
        format!("/tasks/{task}/images/{}", images[1]),
        format!("/tasks/{task}/images/{}", images[2]),
        format!("/tasks/{task}/images/{gone}"),
        format!("/tasks/{task}/images/{bare}"),
        "/tasks/send?tag=access&scope=filter".to_owned(),
        "/tasks/send?tag=access&scope=filter&q=nothing-here".to_owned(),
    ]
}

/// Face ingest: the form, a list, a task nobody started, and one with a log of long and strange rows.
fn ingest_pages(browser: &Browser) -> Vec<String> {
    let server = &browser.server;
    let group = "很长的人脸库名称".repeat(8);
    let long = format!("http://127.0.0.1:1/{}", "no-spaces-to-break-at".repeat(20));
    let csv = format!("{long},tag,description\nftp://h/1,a,b\n\"data:image/png;base64,aGVsbG8=\",a,b\n");
    let make = |mode: &str| {
        let form = Form::default().text("group_name", &group).text("mode", mode).file("file", "a.csv", csv.as_bytes());
        let (name, kind) = form::content_type();
        let made = server.send("POST", "/v1/tasks/create", &[(name, &kind)], &form.body()).expect(200);
        word(&made.json()["id"])
    };
    let (waiting, done, stopped) = (make("0"), make("0"), make("1"));
    for (id, state) in [(&done, 4), (&stopped, 3)] {
        server.get(&format!("/v1/tasks/{id}/start")).expect(200);
        wait::until_true("its end", || server.json(&format!("/v1/tasks/{id}/detail"))["state"] == state);
    }
    vec![
        "/ingest".to_owned(),
        "/ingest?tag=access".to_owned(),
        "/ingest?group=nobody".to_owned(),
        format!("/ingest/{waiting}"),
        format!("/ingest/{done}"),
        format!("/ingest/{done}?code=101"),
        format!("/ingest/{stopped}"),
    ]
}

/// Both languages, as the page names them.
pub const LANGUAGES: [&str; 2] = ["en", "zh-CN"];

/// Every page from now on is in this language, by the cookie of the switch.
pub fn speak(browser: &Browser, lang: &str) {
    browser.go("/about");
    let code = lang.split('-').next().expect("a code");
    browser.run(&format!("document.cookie = 'lang={code}; path=/'"));
    browser.go("/about");
    assert_eq!(browser.run("return document.documentElement.lang"), lang);
}

/// What is wrong with the page, in words.
const CHECK: &str = r"
    const wrong = [];
    const shown = (e) => e.getClientRects().length > 0;
    const name = (e) => (e.getAttribute('aria-label') || e.title || e.textContent || '').trim()
        || [...e.querySelectorAll('img[alt]')].map(i => i.alt).join('').trim()
        || [...(e.labels ?? [])].map(l => l.textContent).join('').trim()
        || (e.getAttribute('aria-labelledby') || '').split(' ').map(id => document.getElementById(id)?.textContent ?? '').join('').trim();
    if (!/^(en|zh)/.test(document.documentElement.lang)) wrong.push('no language');
    if (!document.title.trim()) wrong.push('no title');
    const h1 = [...document.querySelectorAll('h1')].filter(shown);
    if (h1.length !== 1 || !h1[0].textContent.trim()) wrong.push(`${h1.length} h1`);
    if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
    for (const img of document.images) if (!img.hasAttribute('alt')) wrong.push('no alt: ' + img.src);
    for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
        if (!name(e)) wrong.push('no label: ' + e.outerHTML.slice(0, 120));
    for (const e of document.querySelectorAll('button, a[href], summary'))
        if (!name(e)) wrong.push('no name: ' + e.outerHTML.slice(0, 120));
    const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push('id twice: ' + id);
    for (const e of document.querySelectorAll('[tabindex]')) if (e.tabIndex > 0) wrong.push('tabindex above 0');
    for (const e of document.querySelectorAll('[aria-labelledby], [aria-describedby]'))
        for (const id of (e.getAttribute('aria-labelledby') ?? e.getAttribute('aria-describedby')).split(' '))
            if (!document.getElementById(id)) wrong.push('points nowhere: ' + id);
    let last = 0;
    for (const h of [...document.querySelectorAll('h1, h2, h3, h4')].filter(shown)) {
        const level = Number(h.tagName[1]);
        if (last && level > last + 1) wrong.push(`h${last} is followed by h${level}`);
        last = Math.max(level, 1);
    }
    return wrong;
";

#[test]
fn every_page_is_named_and_labelled() {
    let browser = Browser::open(Db::Sqlite);
    let pages = every_page(&browser);
    for lang in LANGUAGES {
        speak(&browser, lang);
        for path in &pages {
            browser.go(path);
            let wrong = browser.run(CHECK);
            assert_eq!(wrong, Value::Array(Vec::new()), "{path} in {lang}");
        }
    }
}

/// Contrast of each piece of text with what lies behind it, where that is one plain colour.
const CONTRAST: &str = r"
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
        const part = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
        return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const wrong = [];
    for (const e of document.querySelectorAll('body *')) {
        const text = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join('').trim();
        const box = e.getBoundingClientRect();
        const style = getComputedStyle(e);
        if (!text || box.width < 2 || box.height < 2 || style.visibility !== 'visible' || e.closest('[disabled], .visually-hidden, .caption, .icon, noscript')) continue;
        let opaque = true;
        for (let n = e; n; n = n.parentElement) if (getComputedStyle(n).opacity !== '1') opaque = false;
        let back = null;
        for (let n = e; n && !back; n = n.parentElement) {
            const s = getComputedStyle(n);
            if (s.backgroundImage !== 'none') break;
            const colour = rgba(s.backgroundColor);
            if (colour[3] === 255) back = colour; else if (colour[3] > 0) break;
        }
        if (!back || !opaque) continue;
        const [a, b] = [light(rgba(style.color)), light(back)].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
        if (ratio < (large ? 3 : 4.5)) wrong.push(`${ratio.toFixed(2)}: ${text.slice(0, 40)} (${e.tagName}.${e.className})`);
    }
    return wrong;
";

#[test]
fn text_can_be_read_in_light_and_dark() {
    let browser = Browser::open(Db::Sqlite);
    let pages = every_page(&browser);
    for (theme, lang) in ["light", "dark"].into_iter().flat_map(|theme| LANGUAGES.map(|lang| (theme, lang))) {
        speak(&browser, lang);
        // By its cookie: a switch on the page would be measured in the middle of a transition.
        browser.run(&format!("document.cookie = 'theme={theme}; path=/'"));
        for path in &pages {
            browser.go(path);
            assert_eq!(browser.run("return document.documentElement.dataset.theme"), theme);
            let wrong = browser.run(CONTRAST);
            assert_eq!(wrong, Value::Array(Vec::new()), "{path} in {theme}, {lang}");
        }
    }
}

#[test]
fn a_phone_never_scrolls_sideways() {
    let look = Look { width: 390, height: 844, ..Look::default() };
    let browser = Browser::open_as(Db::Sqlite, look);
    let pages = every_page(&browser);
    for lang in LANGUAGES {
        speak(&browser, lang);
        for path in &pages {
            browser.go(path);
            assert_eq!(browser.run("return innerWidth"), 390);
            assert!(!browser.overflows(), "{path} is wider than a phone in {lang}");
        }
    }
}

#[test]
fn pictures_do_not_move_the_page_when_they_arrive() {
    let browser = Browser::open(Db::Sqlite);
    browser.fill("steady", 12);
    browser.go("/tags/steady");
    browser.wait_for_pictures(12);
    let shift = browser.run(
        "return new Promise(done => new PerformanceObserver(list => done(
            list.getEntries().filter(e => !e.hadRecentInput).reduce((sum, e) => sum + e.value, 0)
         )).observe({type: 'layout-shift', buffered: true}) ?? setTimeout(() => done(0), 500));",
    );
    assert!(shift.as_f64().expect("a figure") < 0.02, "layout shift of {shift}");
    browser.expect_quiet();
}
