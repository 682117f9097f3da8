//! `/tasks/{id}`: one task with its images, sets, label classes, relatives and last split.

use askama::Template;
use rocket::State;

use crate::platform::ids::Id;
use crate::platform::web::format::{address, count};
use crate::platform::web::guards::Reader;
use crate::platform::web::page::{Frame, Html, Section};
use crate::platform::web::times;
use crate::training::model::export::Format;
use crate::training::model::{LabelClass, Relatives, Result, Set, Shelf, Task, TaskView, is_color};
use crate::training::notices::images;
use crate::training::service::Training;

use super::items::{Item, Share, bar, set_label};
use super::words::{self, Words};
use super::{Answer, KNOWN_TAGS, View};

/// Thumbnails on one page.
const LIMIT: u32 = 60;

#[derive(Template)]
#[template(path = "training/task.html")]
pub(super) struct TaskPage {
    frame: Frame,
    w: &'static Words,
    id: Id,
    name: String,
    type_label: &'static str,
    /// As HTML.
    made: String,
    total: i64,
    images: String,
    bar: Vec<Share>,
    tabs: Vec<Tab>,
    is_deleted_view: bool,
    /// What the addresses of images end with.
    in_shelf: String,
    items: Vec<Item>,
    more: Option<String>,
    relatives: Relatives,
    forebears: usize,
    classes: Vec<ClassRow>,
    with_classes: bool,
    split: Option<LastSplit>,
    exports: [(&'static str, &'static str, &'static str); 5],
    tags: Vec<String>,
    slips: Slips,
}

/// A list of the images.
struct Tab {
    href: String,
    label: &'static str,
    count: String,
    is_current: bool,
    set: &'static str,
    /// A set, which has its colour.
    has_key: bool,
}

/// A label class with the form that changes it.
struct ClassRow {
    id: i64,
    name: String,
    color: String,
    /// As they stand in the fields.
    sent_name: String,
    sent_color: String,
    wrong: Option<String>,
}

/// What is told of the last split.
struct LastSplit {
    /// As HTML.
    at: String,
    rows: Vec<(&'static str, String)>,
    digest: String,
}

/// Forms that failed, as they were sent, and why.
#[derive(Default)]
pub(super) struct Slips {
    /// The tag to import from.
    pub tag: String,
    pub wrong_tag: Option<String>,
    /// A new class.
    pub class_name: String,
    pub class_color: String,
    pub wrong_new_class: Option<String>,
    /// A class that stands already: its id, the name and colour sent, and what is wrong.
    pub class: Option<(i64, String, String, String)>,
}

impl Slips {
    /// The row of a class, with what was sent for it.
    fn row(&self, class: LabelClass) -> ClassRow {
        let slip = self.class.as_ref().filter(|(wrong, ..)| *wrong == class.id);
        let sent = |text: Option<&String>, own: &String| text.filter(|text| !text.is_empty()).unwrap_or(own).clone();
        ClassRow {
            sent_name: sent(slip.map(|(_, name, ..)| name), &class.name),
            // A colour that is none can't stand in the field.
            sent_color: sent(slip.map(|(_, _, color, _)| color).filter(|color| is_color(color)), &class.color),
            wrong: slip.map(|(.., wrong)| wrong.clone()),
            id: class.id,
            name: class.name,
            color: class.color,
        }
    }

    /// The colour that a new class begins with.
    fn new_color(&self) -> &str {
        if is_color(&self.class_color) { &self.class_color } else { "#b7791f" }
    }

    fn with_classes(&self) -> bool {
        self.class.is_some() || self.wrong_new_class.is_some()
    }
}

/// `GET /tasks/{id}?set=training|verifying|testing|deleted`
#[rocket::get("/tasks/<id>?<set>&<cursor>")]
pub(super) async fn show(
    _reader: Reader,
    view: View,
    training: &State<Training>,
    id: Id,
    set: Option<&str>,
    cursor: Option<&str>,
) -> Answer<Html<TaskPage>> {
    Ok(Html(page(view, training, id, shelf(set), cursor, Slips::default()).await?))
}

pub(super) fn shelf(word: Option<&str>) -> Shelf {
    match word {
        Some("deleted") => Shelf::Deleted,
        word => word.and_then(Set::parse).map_or(Shelf::All, Shelf::Of),
    }
}

pub(super) async fn page(
    view: View,
    training: &Training,
    id: Id,
    shelf: Shelf,
    cursor: Option<&str>,
    slips: Slips,
) -> Result<TaskPage> {
    let View { frame, w, is_about_classes } = view;
    let TaskView { task, counts, classes, copied_from } = training.task(id).await?;
    let list = training.images(id, shelf, cursor, LIMIT).await?;
    let total: i64 = counts.sets.iter().sum();
    Ok(TaskPage {
        id,
        type_label: words::type_label(task.task_type, w),
        made: times::minute(task.created_at, &frame.zone, frame.lang),
        total,
        images: images(total, frame.lang),
        bar: bar(counts.sets, w),
        tabs: tabs(&task, counts.sets, shelf, w),
        in_shelf: address("", &[("set", word_of(shelf))]),
        is_deleted_view: shelf == Shelf::Deleted,
        items: list.items.into_iter().map(|image| Item::of(image, w)).collect(),
        more: list.next.map(|cursor| address(&format!("/tasks/{id}"), &[("set", word_of(shelf)), ("cursor", &cursor)])),
        relatives: training.relatives(&task).await?,
        forebears: copied_from.len(),
        split: last_split(&task, &frame, w),
        exports: exports(w),
        tags: training.known_tags(KNOWN_TAGS).await?,
        name: task.name,
        frame,
        w,
        with_classes: is_about_classes || slips.with_classes(),
        classes: classes.into_iter().map(|class| slips.row(class)).collect(),
        slips,
    })
}

pub(super) fn word_of(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::All => "",
        Shelf::Of(set) => set.name(),
        Shelf::Deleted => "deleted",
    }
}

fn tabs(task: &Task, counts: [i64; 3], current: Shelf, w: &Words) -> Vec<Tab> {
    let living: i64 = counts.iter().sum();
    let tab = |shelf, label, n: i64| Tab {
        href: address(&format!("/tasks/{}", task.id), &[("set", word_of(shelf))]),
        label,
        count: count(n),
        is_current: shelf == current,
        set: word_of(shelf),
        has_key: matches!(shelf, Shelf::Of(_)),
    };
    let mut tabs = vec![tab(Shelf::All, w.all, living)];
    tabs.extend(Set::ALL.into_iter().zip(counts).map(|(set, n)| tab(Shelf::Of(set), set_label(set, w), n)));
    // Every number was given to an image, and none leaves its task: the rest are the deleted ones.
    let deleted = task.last_order_id - living;
    if deleted > 0 || current == Shelf::Deleted {
        tabs.push(tab(Shelf::Deleted, w.deleted, deleted));
    }
    tabs
}

fn last_split(task: &Task, frame: &Frame, w: &Words) -> Option<LastSplit> {
    let split = task.split.as_ref()?;
    let text = |name: &str| split[name].as_str().unwrap_or_default().to_owned();
    let at =
        text("at").parse::<jiff::Timestamp>().map(|at| times::minute(at.as_millisecond(), &frame.zone, frame.lang));
    let asked = &split["requested"];
    let ways = [("stratify", w.stratified), ("group", w.grouped), ("only_unassigned", w.only_new)];
    let mut ways: Vec<&str> =
        ways.into_iter().filter(|(name, _)| asked[*name] == true).map(|(_, label)| label).collect();
    let locked = Set::of_bits(task.locked_sets).into_iter().map(|set| set_label(set, w)).collect::<Vec<_>>();
    if ways.is_empty() {
        ways.push(w.by_chance);
    }
    let mut rows =
        vec![(w.seed, split["seed"].to_string()), (w.way, ways.join(" · ")), (w.algorithm, text("algorithm"))];
    if !locked.is_empty() {
        rows.push((w.locked, locked.join(" · ")));
    }
    Some(LastSplit { at: at.unwrap_or_default(), rows, digest: text("digest") })
}

/// Format, its name, and what it is for.
fn exports(w: &Words) -> [(&'static str, &'static str, &'static str); 5] {
    Format::ALL.map(|format| {
        let (label, hint) = match format {
            Format::ImageFolder => ("ImageFolder", w.for_imagefolder),
            Format::Coco => ("COCO", w.for_coco),
            Format::Yolo => ("YOLO", w.for_yolo),
            Format::Csv => ("CSV", w.for_csv),
            Format::WebDataset => ("WebDataset", w.for_webdataset),
        };
        (format.name(), label, hint)
    })
}
