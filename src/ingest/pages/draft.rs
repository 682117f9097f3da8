//! The form of a new task as it stands on the page, and what is wrong with it.

use crate::faces::model::Ability;
use crate::ingest::model::form::Form;
use crate::platform::error::Error;
use crate::platform::web::lang::Lang;

use super::words::Words;

/// The form as it is shown.
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

    /// Puts a refusal beside its field; what is no refusal of a form goes on.
    pub fn refuse(&mut self, error: Error, w: &Words, lang: Lang) -> Result<(), Error> {
        self.open = true;
        match error {
            Error::Invalid { field, message } if field != "body" => {
                let text = message.text(lang).to_owned();
                if let Some(known) = self.fields().find(|known| known.name == field) {
                    known.wrong = Some(text);
                    return Ok(());
                }
                self.wrong = Some(format!("{field}: {text}"));
            }
            Error::NotFound(_) => self.from_tag.wrong = Some(w.no_such_tag.to_owned()),
            Error::Unprocessable(_) => self.wrong = Some(error.text(lang)),
            other => return Err(other),
        }
        Ok(())
    }

    fn fields(&mut self) -> impl Iterator<Item = &mut Field> {
        let single = [&mut self.group, &mut self.from_tag, &mut self.file, &mut self.thread_num];
        single.into_iter().chain(&mut self.angles).chain(&mut self.sizes)
    }
}
