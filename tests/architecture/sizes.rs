//! Files and functions that one can still read in a sitting.

use crate::source::{Source, files};
use crate::{assert_none, example};

/// Lines of a file.
const FILE: usize = 400;
/// Lines of a function's body, as clippy counts them: without blanks and comments.
const FUNCTION: usize = 60;

fn long_file(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    let long = lines > FILE;
    long.then(|| format!("{}: {lines} lines, split it by verb", source.path)).into_iter().collect()
}

/// Functions that are too long, by the braces of the code without comments and strings.
fn long_functions(source: &Source) -> Vec<String> {
    let code = source.code();
    let mut findings = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let own_word = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if !own_word || name.is_empty() {
            continue;
        }
        let lines = body_lines(&code[at..]);
        if lines > FUNCTION {
            findings.push(format!("{}: fn {name} has {lines} lines", source.path));
        }
    }
    findings
}

/// Lines between a function's braces that aren't blank; 0 for a mere signature.
fn body_lines(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, c) in text.char_indices() {
        match c {
            ';' if depth == 0 => return 0,
            '{' => {
                depth += 1;
                if depth == 1 {
                    start = at + 1;
                }
            }
            '}' if depth == 1 => {
                let body = &text[start..at];
                return body.lines().filter(|line| !line.trim().is_empty()).count();
            }
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    0
}

#[test]
fn files_stay_short() {
    let mut sources = files("src", &[".rs"]);
    sources.extend(files("static", &[".js", ".css"]));
    sources.extend(files("templates", &[".html"]));
    sources.extend(files("tests", &[".rs", ".py", ".java"]));
    sources.extend(files("benches", &[".rs", ".py"]));
    assert!(sources.len() > 20);
    assert_none(&sources.iter().flat_map(long_file).collect::<Vec<_>>());
}

#[test]
fn functions_stay_short() {
    let mut sources = files("src", &[".rs"]);
    sources.extend(files("tests", &[".rs"]));
    assert_none(&sources.iter().flat_map(long_functions).collect::<Vec<_>>());
}

#[test]
fn what_grew_too_long_is_caught() {
    let long = "x\n".repeat(FILE + 1);
    assert_eq!(long_file(&example("src/a.rs", &long)).len(), 1);
    assert!(long_file(&example("src/a.rs", &"x\n".repeat(FILE))).is_empty());

    let body = |lines: usize| {
        format!(
            "trait T {{ fn only_named(&self); }}\nfn grown() {{\n{}}}\nfn small() {{}}\n",
            "    go(\"}\");\n".repeat(lines)
        )
    };
    let findings = long_functions(&example("src/a.rs", &body(FUNCTION + 1)));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].contains("fn grown"), "{findings:?}");
    assert!(long_functions(&example("src/a.rs", &body(FUNCTION))).is_empty());
}
