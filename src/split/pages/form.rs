//! What the form of a split carries, and how it comes back.

use rocket::form::FromForm;
use rocket::http::Status;

use crate::platform::web::lang::Lang;
use crate::split::model::MAX_SEED;
use crate::split::model::counts::Asked;
use crate::split::service::Wish;
use crate::training::model::{Code, Fault, Result, Set, Task};

use super::words::{self, Words};

/// The form as it was sent.
#[derive(Debug, FromForm)]
pub(super) struct Sent<'r> {
    training: &'r str,
    verifying: &'r str,
    testing: &'r str,
    seed: Option<&'r str>,
    stratify: Option<&'r str>,
    group: Option<&'r str>,
    only_unassigned: Option<&'r str>,
    lock: Option<&'r str>,
    /// Counts that were offered in place of those sent: `700,200,100`.
    nearest: Option<&'r str>,
}

/// The form as it is shown, and what is wrong with it.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a tick of the form")]
pub(super) struct Draft {
    /// In the order of [`Set::ALL`].
    pub fields: [String; 3],
    /// What stands beside each of them.
    pub wrong: [Option<String>; 3],
    /// What is wrong with the three together.
    pub wrong_counts: Option<String>,
    pub seed: String,
    pub wrong_seed: Option<String>,
    pub stratify: bool,
    pub group: bool,
    pub only_unassigned: bool,
    pub lock: bool,
    /// Counts that can be had: the value of the button, and its text.
    pub nearest: Option<(String, String)>,
}

impl Draft {
    /// The form of a task that was split before as it stands now, else 80 : 10 : 10.
    pub fn of(task: &Task, counts: [i64; 3]) -> Self {
        let total: i64 = counts.iter().sum();
        let tenth = total / 10;
        let fresh = [total - 2 * tenth, tenth, tenth];
        let counts = if task.split.is_some() { counts } else { fresh };
        let lock = Set::of_bits(task.locked_sets).contains(&Set::Testing);
        Self { fields: counts.map(|n| n.to_string()), lock, ..Self::default() }
    }

    /// The form as it was sent; counts that were offered take the place of those sent.
    pub fn sent(sent: &Sent<'_>) -> Self {
        let offered: Vec<&str> = sent.nearest.map(|text| text.split(',').collect()).unwrap_or_default();
        let fields = match offered.as_slice() {
            [training, verifying, testing] => [*training, *verifying, *testing],
            _ => [sent.training, sent.verifying, sent.testing],
        };
        Self {
            fields: fields.map(|text| text.trim().to_owned()),
            seed: sent.seed.unwrap_or_default().trim().to_owned(),
            stratify: sent.stratify.is_some(),
            group: sent.group.is_some(),
            only_unassigned: sent.only_unassigned.is_some(),
            lock: sent.lock.is_some(),
            ..Self::default()
        }
    }

    /// The counts, where all three are numbers that a set can have.
    pub fn counts(&self) -> Option<[i64; 3]> {
        let [a, b, c] = [0, 1, 2].map(|at| self.fields[at].parse().ok().filter(|n| *n >= 0));
        Some([a?, b?, c?])
    }

    /// Puts a refusal beside the field that it is about; other faults go on.
    pub fn refuse(&mut self, fault: Fault, lang: Lang) -> Result<Status> {
        let text = fault.text(lang);
        let Fault::Rule { code, members, .. } = &fault else {
            return Err(fault);
        };
        match code {
            Code::TrainingCount => self.wrong[0] = Some(text),
            Code::VerifyingCount => self.wrong[1] = Some(text),
            Code::TestingCount => self.wrong[2] = Some(text),
            Code::Counts => self.wrong_counts = Some(text),
            _ => return Err(fault),
        }
        let nearest = members.get("nearest");
        let counts = Set::ALL.map(|set| nearest.and_then(|counts| counts[set.name()].as_i64()));
        if let [Some(a), Some(b), Some(c)] = counts {
            let is_proven = members.get("nearest_proven").is_some_and(|proven| *proven == true);
            self.nearest = Some((format!("{a},{b},{c}"), words::nearest([a, b, c], is_proven, lang)));
        }
        Ok(Status::new(code.status()))
    }

    /// What is asked for; `None` when a field can't be read, which is then marked.
    pub fn wish(&mut self, task: &Task, w: &Words) -> Option<Wish> {
        let counts: [Option<i64>; 3] = [0, 1, 2].map(|at| self.fields[at].parse().ok());
        for (wrong, count) in self.wrong.iter_mut().zip(counts) {
            *wrong = count.is_none().then(|| w.number_rule.to_owned());
        }
        let seed: Option<u64> = self.seed.parse().ok().filter(|seed| *seed <= MAX_SEED);
        if seed.is_none() && !self.seed.is_empty() {
            self.wrong_seed = Some(w.seed_rule.to_owned());
            return None;
        }
        let [Some(training), Some(verifying), Some(testing)] = counts else {
            return None;
        };
        let mut lock = Set::of_bits(task.locked_sets);
        lock.retain(|set| *set != Set::Testing);
        lock.extend(self.lock.then_some(Set::Testing));
        Some(Wish {
            task: task.id,
            asked: Asked::Counts { training, verifying, testing },
            seed,
            stratify: self.stratify,
            group: self.group,
            only_unassigned: self.only_unassigned,
            lock: Some(lock),
        })
    }
}
