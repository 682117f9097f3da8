//! The form of a new task as it stands on the page, and what is wrong with it.

use crate::faces::model::Ability;
use crate::ingest::model::form::Form;
use crate::platform::error::Error;
use crate::platform::web::lang::Lang;

use super::words::Words;

/// The form as it is shown.
#[expect(clippy::struct_excessive_bools, reason = "each stands for one thing that the template shows or leaves out")]
pub(super) struct Draft {
    pub group: Field,
    pub from_tag: Field,
    pub file: Field,
    /// Pose and blur: what an engine may not be able to measure.
    pub angles: Vec<Field>,
    pub sizes: Vec<Field>,
    pub thread_num: Field,
    /// It stops at the first bad row.
    pub stops: bool,
    pub starts: bool,
    /// A CSV came with it; a browser doesn't send it again by itself.
    pub has_file: bool,
    /// What is wrong with no field in particular.
    pub wrong: Option<String>,
    /// The form stands open.
    pub open: bool,
}

/// One field.
#[derive(Default)]
pub(super) struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub value: String,
    pub max: i64,
    /// Why it can't be filled in.
    pub barred: Option<String>,
    pub wrong: Option<String>,
}

impl Draft {
    /// An empty form.
    pub fn new(w: &'static Words, ability: &Ability, lang: Lang) -> Self {
        let field = |name, label, hint, max| Field { name, label, hint, max, ..Field::default() };
        let no_pose = (!ability.pose).then(|| super::words::cannot_pose(ability.name, lang));
        let no_blur = (!ability.blur).then(|| super::words::cannot_blur(ability.name, lang));
        let posed = |name, label, hint| Field { barred: no_pose.clone(), ..field(name, label, hint, 180) };
        Self {
            group: field("group_name", w.group, w.group_hint, 64),
            from_tag: field("from_tag", w.from_tag, w.from_tag_hint, 255),
            file: field("file", w.file, w.file_hint, 0),
            angles: vec![
                posed("pos_pitch", w.pitch, w.angle_hint),
                posed("pos_yaw", w.yaw, w.angle_hint),
                posed("pos_rol", w.roll, w.roll_hint),
                Field { barred: no_blur, ..field("blur_degree", w.blur, w.blur_hint, 100) },
            ],
            sizes: vec![
                field("width", w.width, w.size_hint, i64::from(i32::MAX)),
                field("height", w.height, w.size_hint, i64::from(i32::MAX)),
            ],
            thread_num: Field { value: "10".to_owned(), ..field("thread_num", w.threads, w.threads_hint, 64) },
            stops: false,
            starts: true,
            has_file: false,
            wrong: None,
            open: false,
        }
    }

    /// Takes what was sent.
    pub fn fill(&mut self, form: &Form, starts: bool) {
        for field in self.fields() {
            form.get(field.name).unwrap_or_default().clone_into(&mut field.value);
        }
        self.stops = form.get("mode") == Some("1");
        self.starts = starts;
    }

    /// Puts a refusal beside its field, in the words of the form; what is no refusal of a form goes on.
    pub fn refuse(&mut self, error: Error, w: &Words, lang: Lang) -> Result<(), Error> {
        self.open = true;
        let has_file_and_tag = self.has_file && !self.from_tag.value.trim().is_empty();
        match error {
            Error::Invalid { field: "from_tag", .. } if has_file_and_tag => {
                self.from_tag.wrong = Some(w.one_source.to_owned());
            }
            Error::Invalid { field: "from_tag", .. } => self.from_tag.wrong = Some(w.tag_without_images.to_owned()),
            Error::Invalid { field: "file", .. } if !self.has_file => self.file.wrong = Some(w.no_source.to_owned()),
            Error::Invalid { field: "group_name", .. } => self.group.wrong = Some(w.group_rule.to_owned()),
            Error::Invalid { field: "mode", message } => {
                self.wrong = Some(format!("{}: {}", w.mode, message.text(lang)));
            }
            Error::Invalid { field, message } if field != "body" => {
                let text = sentence(message.text(lang), lang);
                if let Some(known) = self.fields().find(|known| known.name == field) {
                    known.wrong = Some(text);
                    return Ok(());
                }
                self.wrong = Some(text);
            }
            Error::NotFound(_) => self.from_tag.wrong = Some(w.no_such_tag.to_owned()),
            Error::Unprocessable(message) => self.bar(message.text(lang)),
            other => return Err(other),
        }
        Ok(())
    }

    /// Says beside the limits that were sent which of them the engine can't measure; in general where none is.
    fn bar(&mut self, otherwise: &str) {
        let sent = |field: &&mut Field| field.barred.is_some() && !matches!(field.value.trim(), "" | "0");
        let mut is_told = false;
        for field in self.angles.iter_mut().filter(sent) {
            field.wrong.clone_from(&field.barred);
            is_told = true;
        }
        if !is_told {
            self.wrong = Some(otherwise.to_owned());
        }
    }

    fn fields(&mut self) -> impl Iterator<Item = &mut Field> {
        let single = [&mut self.group, &mut self.from_tag, &mut self.file, &mut self.thread_num];
        single.into_iter().chain(&mut self.angles).chain(&mut self.sizes)
    }
}

/// What the service says of a field, as a sentence beside it.
fn sentence(text: &str, lang: Lang) -> String {
    let mut letters = text.chars();
    match (lang, letters.next()) {
        (Lang::En, Some(first)) if !text.ends_with('.') => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        (Lang::En, Some(first)) => format!("{}{}", first.to_uppercase(), letters.as_str()),
        _ => text.to_owned(),
    }
}
