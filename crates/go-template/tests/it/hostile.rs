//! Templates that want too much, and texts that are none.

use proptest::prelude::*;
use regain_go_template::limits::{OUTPUT_BYTES_MAX, PARSE_DEPTH_MAX, RUN_DEPTH_MAX, STEPS_MAX};
use regain_go_template::{Template, Value};

use crate::scene;

fn run(text: &str) -> Result<String, String> {
    let functions = scene::functions();
    let template = Template::parse("t", text, &functions).map_err(|error| error.to_string())?;
    template.execute(scene::data(), &functions).map_err(|error| error.to_string())
}

fn fails_with(text: &str, expected: &str) {
    let error = run(text).unwrap_err();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn parentheses_and_blocks_nest_up_to_a_limit() {
    let parens = |depth: usize| format!("{{{{{}1{}}}}}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(run(&parens(PARSE_DEPTH_MAX)), Ok("1".to_owned()));
    fails_with(&parens(PARSE_DEPTH_MAX + 1), "max expression depth exceeded");
    let blocks = |depth: usize| format!("{}x{}", "{{if 1}}".repeat(depth), "{{end}}".repeat(depth));
    assert_eq!(run(&blocks(PARSE_DEPTH_MAX)), Ok("x".to_owned()));
    fails_with(&blocks(PARSE_DEPTH_MAX + 1), "max expression depth exceeded");
}

#[test]
fn a_long_chain_of_else_if_is_not_deep() {
    let chain = "{{if 0}}a".to_owned() + &"{{else if 0}}b".repeat(5_000) + "{{else}}c{{end}}";
    assert_eq!(run(&chain), Ok("c".to_owned()));
}

#[test]
fn a_template_that_calls_itself_ends() {
    let depth = format!("exceeded maximum template depth ({RUN_DEPTH_MAX})");
    fails_with(r#"{{define "x"}}{{template "x" .}}{{end}}{{template "x" .}}"#, &depth);
    let nested = format!(
        r#"{{{{define "x"}}}}{}{{{{template "x" .}}}}{}{{{{end}}}}{{{{template "x" .}}}}"#,
        "{{range 2}}{{with 1}}".repeat(40),
        "{{end}}{{end}}".repeat(40)
    );
    fails_with(&nested, &depth);
}

#[test]
fn work_and_output_have_an_end() {
    fails_with("{{range 9000000000}}{{end}}", &format!("more than {STEPS_MAX} steps"));
    fails_with(
        "{{$x := \"0123456789abcdef\"}}{{range 60}}{{$x = print $x $x}}{{end}}",
        &format!("longer than {OUTPUT_BYTES_MAX} bytes"),
    );
    fails_with("{{range 100}}{{printf \"%1000000d\" 1}}{{end}}", "output is longer than");
    fails_with("{{$x := list}}{{range 1000}}{{$x = list $x}}{{end}}", "value nests deeper than");
    fails_with("{{range 100000}}{{printf \"%100000d\" 1 | len}}{{end}}", "steps");
}

/// Pieces that templates are made of, well or badly.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    " -}}",
    " ",
    "\n",
    "text",
    "日",
    ".",
    ".S",
    ".L",
    ".MA.in.y",
    ".KV",
    ".Item.Greet",
    "$",
    "$x",
    ":=",
    "=",
    "|",
    "(",
    ")",
    ",",
    "1",
    "-2.5",
    "0x1F",
    "'a'",
    "\"s\"",
    "`r`",
    "nil",
    "true",
    "if ",
    "else ",
    "end",
    "range ",
    "with ",
    "define ",
    "template ",
    "block ",
    "break",
    "continue",
    "printf ",
    "\"%v %d %[1]*.3f\"",
    "index ",
    "slice ",
    "eq ",
    "and ",
    "len ",
    "upper ",
    "call ",
    "list ",
    "{{if .B}}",
    "{{else}}",
    "{{end}}",
    "{{range .L}}",
    "{{range $i, $e := .M}}",
    "{{$x := .A}}",
    "{{$x}}",
    "{{define \"d\"}}",
    "{{template \"d\" .}}",
    "{{/* c */}}",
    ".T.Format ",
    ".D.Round ",
    ".Fn",
];

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        let _outcome = run(&format!("{{{{{text}"));
        let _outcome = run(&text);
    }

    #[test]
    fn what_parses_runs_to_an_end(picks in prop::collection::vec(0..PIECES.len(), 0..25)) {
        let text: String = picks.iter().map(|&pick| PIECES[pick]).collect();
        let _outcome = run(&text);
    }

    #[test]
    fn what_is_within_an_action_runs_to_an_end(picks in prop::collection::vec(0..PIECES.len(), 0..8)) {
        let words: Vec<&str> = picks.iter().map(|&pick| PIECES[pick]).collect();
        let _outcome = run(&format!("{{{{{}}}}}", words.join(" ")));
    }

    #[test]
    fn no_format_makes_printf_panic(format in "(%|[-+# 0]|[0-9*.\\[\\]]|[a-zA-Z]|\\PC){0,20}") {
        let functions = scene::functions();
        let template = Template::parse("t", "{{printf . 1 \"x\" 2.5 nil true}}", &functions).unwrap();
        template.execute(Value::from(format), &functions).unwrap();
    }

    #[test]
    fn text_without_actions_stays(text in "[^{}]{0,80}") {
        prop_assert_eq!(run(&text), Ok(text));
    }
}
