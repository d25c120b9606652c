//! Files that are not written in the language: every mistake, with its line.

use regain_go_format::quote::quote;

/// The mistakes in `text`, one a line.
fn mistakes(text: &str) -> Vec<String> {
    match super::read(text) {
        Ok(commands) => vec![format!("{} commands", commands.len())],
        Err(mistakes) => mistakes.iter().map(|m| format!("{}: {}", m.line, m.problem)).collect(),
    }
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(mistakes(text), expected, "{}", quote(text));
}

#[test]
fn an_empty_line_or_a_comment_ends_a_command() {
    check("", &["0 commands"]);
    check("load 1m\n  m 1 2\n# all of it\nclear\n\neval instant at 0 m\n", &["3 commands"]);
    check(
        "load 1m\n  a 1\n  # no b\n  b 1\n",
        &["4: invalid command \"b 1\", expected load, clear or eval"],
    );
    check("eval instant at 0 1\n  1\neval instant at 0 2\n  2\n", &["2 commands"]);
}

#[test]
fn every_mistake_is_found() {
    check(
        "lod 1m\n\nload\n\nload 1q\n  m 1\n\nload_with_all 1m\n\neval now 1\n\neval instant 1\n",
        &[
            "1: invalid command \"lod 1m\", expected load, clear or eval",
            "3: invalid load command, expected load[_with_nhcb] STEP",
            "5: invalid step \"1q\": unknown unit \"q\" in duration \"1q\"",
            "8: invalid load command, expected load[_with_nhcb] STEP",
            "10: invalid evaluation command, expected eval instant at TIME QUERY or eval range from \
             START to END step STEP QUERY",
            "12: invalid evaluation command, expected eval instant at TIME QUERY or eval range from \
             START to END step STEP QUERY",
        ],
    );
}

#[test]
fn bad_series_are_found() {
    check(
        "load 1m\n  m{a=1} 2\n",
        &["2: invalid series description: unexpected '1', expected a string"],
    );
    check("load 1m\n  m@st 0s 1m\n  m 1 2\n", &["1 commands"]);
    check("load 1m\n  m@st -1mx2 _x2 0-1sx1\n  m 1 2 3 _ _ 4 5\n", &["1 commands"]);
    let alone = "2: start timestamps must be followed by as many values of the same series";
    check("load 1m\n  m@st 0s\n  m 1 2\n", &[alone]);
    check("load 1m\n  m@st 0s\n  n 1\n", &[alone]);
    check("load 1m\n  m@st 0s\n", &[alone]);
    check("load 1m\n  m@st 0s 1\n  m 1 2\n", &["2: invalid start timestamp \"1\""]);
    let long = format!("_x{}", u64::MAX);
    let expected = format!("2: invalid start timestamp {long:?}");
    check(&format!("load 1m\n  m@st 0s {long}\n  m 1 2\n"), &[&expected]);
    check("load 1m\n  m@st 1m+1m\n  m 1 2\n", &["2: invalid start timestamp \"1m+1m\""]);
}

#[test]
fn bad_expectations_are_found() {
    for (below, expected) in [
        ("m 1 2", "2: an instant has one value; say `expect range vector` where there are more"),
        ("m", "2: an expected series needs a value"),
        ("expect string text", "2: an expected string stands in double or back quotes"),
        ("expect fail regex: (", "2: invalid regular expression \"(\""),
        ("expect warn\n  expect no_warn", "3: warn and no_warn exclude each other"),
        ("expect no_info\n  expect info msg: x", "3: info and no_info exclude each other"),
        ("expect fail\n  expect fail", "3: a query fails in one way only"),
        (
            "expect nothing",
            "2: invalid expectation, expected expect fail|warn|info|no_warn|no_info|ordered, with \
             msg: or regex: where there is a message",
        ),
        ("expect range vector from 1m to 0 step 1m", "2: the end (0) is before the start (1m)"),
    ] {
        check(&format!("eval instant at 0 m\n  {below}\n"), &[expected]);
    }
    check("eval range from 1m to 0 step 1m m\n", &["1: the end (0) is before the start (1m)"]);
}

#[test]
fn a_query_that_cannot_be_parsed_is_a_case_of_its_own() {
    check("eval instant at 0 sum(\n\neval instant at 0 1\n  1\n", &["2 commands"]);
}
