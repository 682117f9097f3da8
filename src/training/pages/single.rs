//! `/tasks/{id}/images/{image}`: one image large, with its boxes, facts and neighbours.

use askama::Template;
use rocket::State;

use crate::platform::ids::Id;
use crate::platform::web::format::{address, count, size};
use crate::platform::web::guards::Reader;
use crate::platform::web::page::{Frame, Html, Section};
use crate::platform::web::ratios::ratio_class;
use crate::platform::web::times;
use crate::training::model::annotation::Object;
use crate::training::model::{LabelClass, Part};
use crate::training::service::{Single, Training};

use super::items::{set_label, state_label};
use super::task::{shelf, word_of};
use super::words::Words;
use super::{Answer, View};

/// Objects that are drawn and listed; a document may have a great many.
const OBJECTS: usize = 500;

#[derive(Template)]
#[template(path = "training/image.html")]
pub(super) struct ImagePage {
    frame: Frame,
    w: &'static Words,
    task: Id,
    task_name: String,
    task_href: String,
    id: Id,
    name: String,
    ratio: &'static str,
    width: i64,
    height: i64,
    has_bytes: bool,
    is_deleted: bool,
    set: &'static str,
    set_label: &'static str,
    state_label: &'static str,
    facts: Vec<(&'static str, String)>,
    /// As HTML.
    registered: String,
    /// The file it came from: its id and `tag / name`.
    source: Option<(Id, String)>,
    boxes: Vec<ObjectBox>,
    object_count: usize,
    objects: String,
    parts: Vec<(&'static str, &'static str)>,
    before: Option<String>,
    after: Option<String>,
    /// Where the forms lead on to.
    here: String,
    next: String,
}

/// One object: its class, and where it lies in pixels.
struct ObjectBox {
    class: String,
    color: String,
    bbox: [f64; 4],
}

impl ObjectBox {
    fn of(object: &Object, classes: &[LabelClass]) -> Self {
        let class = classes.iter().find(|class| class.class_no == object.class_no);
        Self {
            class: class.map_or_else(|| object.class_no.to_string(), |class| class.name.clone()),
            color: class.map_or_else(|| "#888888".to_owned(), |class| class.color.clone()),
            bbox: object.bbox,
        }
    }

    /// `10, 20 · 30.5 × 40`.
    fn place(&self) -> String {
        let [x, y, width, height] = self.bbox.map(|side| (side * 100.0).round() / 100.0);
        format!("{x}, {y} · {width} × {height}")
    }
}

/// `GET /tasks/{id}/images/{image}?set`: neighbours are those of the list that one comes from.
#[rocket::get("/tasks/<id>/images/<image>?<set>")]
pub(super) async fn show(
    _reader: Reader,
    view: View,
    training: &State<Training>,
    id: Id,
    image: Id,
    set: Option<&str>,
) -> Answer<Html<ImagePage>> {
    let shelf = shelf(set);
    Ok(Html(page(view, training.single(id, image, shelf).await?, word_of(shelf))))
}

fn page(View { frame, w, .. }: View, single: Single, set: &str) -> ImagePage {
    let facts = facts(&single, w);
    let Single { task, image, source, objects, classes, parts, before, after, .. } = single;
    let task_href = address(&format!("/tasks/{}", task.id), &[("set", set)]);
    let href = |id: Id| address(&format!("/tasks/{}/images/{id}", task.id), &[("set", set)]);
    let (before, after) = (before.map(href), after.map(href));
    let pixels = |side: i64| u32::try_from(side).unwrap_or(u32::MAX);
    ImagePage {
        ratio: ratio_class(pixels(image.width), pixels(image.height)),
        facts,
        registered: times::minute(image.create_time, &frame.zone, frame.lang),
        set: image.set.name(),
        set_label: set_label(image.set, w),
        state_label: state_label(image.state, w),
        has_bytes: image.sha256.is_some(),
        is_deleted: image.is_deleted,
        source: source.map(|file| (file.id, format!("{} / {}", file.tag, file.name))),
        objects: count(i64::try_from(objects.len()).unwrap_or(i64::MAX)),
        object_count: objects.len(),
        boxes: objects.iter().take(OBJECTS).map(|object| ObjectBox::of(object, &classes)).collect(),
        parts: if image.is_deleted { Vec::new() } else { parts.into_iter().map(|part| part_link(part, w)).collect() },
        here: href(image.id),
        next: after.as_ref().or(before.as_ref()).unwrap_or(&task_href).clone(),
        task: task.id,
        task_name: task.name,
        task_href,
        id: image.id,
        name: image.name,
        width: image.width,
        height: image.height,
        before,
        after,
        frame,
        w,
    }
}

/// The last part of its address, and what it is called.
fn part_link(part: Part, w: &Words) -> (&'static str, &'static str) {
    match part {
        Part::Roi => ("roi", w.part_roi),
        Part::Mask => ("mask", w.part_mask),
        Part::Dl => ("dl", w.part_dl),
    }
}

fn facts(single: &Single, w: &Words) -> Vec<(&'static str, String)> {
    let image = &single.image;
    let mut facts = vec![
        (w.kind, image.kind.content_type().to_owned()),
        (w.bytes, size(image.size)),
        (w.pixels, format!("{} × {}", image.width, image.height)),
        (w.place, format!("{} / {}", count(image.order_id), count(single.task.last_order_id))),
    ];
    facts.extend(single.group.clone().map(|group| (w.group, group)));
    facts
}
