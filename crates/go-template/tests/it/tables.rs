//! Tables of templates with the output or the error that Go 1.26 gives for them.
//!
//! Each case is two lines: `t` and a template, or `q` and a template as a quoted string; then `=` and the output or
//! `!` and the error, as a quoted string. A line that starts with `#` says what follows.

use regain_go_format::quote::unquote;
use regain_go_template::Template;

use crate::scene;

fn run(text: &str) -> Result<String, String> {
    let functions = scene::functions();
    let template = Template::parse("t", text, &functions).map_err(|error| error.to_string())?;
    template.execute(scene::data(), &functions).map_err(|error| error.to_string())
}

fn check(table: &str) {
    let mut template: Option<String> = None;
    let (mut failures, mut cases) = (Vec::new(), 0);
    for line in table.lines() {
        let Some((kind, rest)) = line.split_at_checked(2) else { continue };
        match kind {
            "t " => template = Some(rest.to_owned()),
            "q " => template = Some(unquote(rest).unwrap()),
            "= " | "! " => {
                let text = template.take().unwrap_or_else(|| panic!("{line}"));
                let expected = unquote(rest).unwrap();
                let expected = if kind == "= " { Ok(expected) } else { Err(expected) };
                let got = run(&text);
                cases += 1;
                if got != expected {
                    failures.push(format!("{text}\n  got      {got:?}\n  expected {expected:?}"));
                }
            }
            _ => assert!(line.starts_with('#'), "{line}"),
        }
    }
    assert!(cases > 30, "the table has {cases} cases only");
    assert!(failures.is_empty(), "{} of {cases}:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn the_language_is_gos() {
    check(include_str!("../data/language.txt"));
}

#[test]
fn the_builtin_functions_are_gos() {
    check(include_str!("../data/functions.txt"));
}

#[test]
fn times_and_durations_are_gos() {
    check(include_str!("../data/time.txt"));
}
