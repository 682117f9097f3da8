//! The words of splitting in English.

use super::Words;

/// English.
pub static EN: Words = Words {
    back: "Back to the task",
    by: "How",
    counts: "How many images",
    counts_hint: "The three numbers add up to the images of the task. Training needs at least one.",
    empty: "There is nothing to split",
    empty_hint: "Import images first.",
    group: "Keep groups together",
    group_hint: "The same or nearly the same picture, and images of one group, never fall into two sets.",
    lock: "Lock testing",
    lock_hint: "Images in testing stay there, in this and every later split.",
    number_rule: "Write a whole number.",
    only: "Only images not placed before",
    seed: "Seed",
    seed_hint: "The same seed over the same images gives the same split. Empty: one is drawn.",
    seed_rule: "A seed is a whole number from 0 to 9007199254740991.",
    slider_first: "Where training ends",
    slider_second: "Where verifying ends",
    split: "Split",
    stratify: "Balance the label classes",
    stratify_hint: "Each class keeps its share in each set, at most one image off.",
    testing: "Testing",
    title: "Split the images",
    training: "Training",
    unheld: "The last split could not hold all likes together:",
    use_nearest: "Split so instead",
    verifying: "Verifying",
    working: "Splitting…",
};
