//! Templates and what they print.

use std::sync::Arc;

use regain_go_format::quote::unquote;
use regain_model::Labels;

use super::{Data, Renderer, Templates};
use crate::notify::Notification;
use crate::notify::tests::{notification, templates};

fn render(text: &str) -> Result<String, String> {
    let (notification, templates) = (notification(), templates());
    let data = Arc::new(Data::new(&notification, &notification.alerts));
    let renderer = Renderer::new(&templates, &notification, &data);
    renderer.render(text).map_err(|error| error.to_string())
}

#[test]
fn functions_and_data_are_upstreams() {
    let mut template = "";
    let mut cases = 0;
    for line in include_str!("golden/functions.txt").lines() {
        match line.split_at(2) {
            ("t ", text) => template = text,
            ("= ", expected) => {
                assert_eq!(render(template), Ok(unquote(expected).unwrap()), "{template}");
                cases += 1;
            }
            _ => assert!(line.starts_with('#'), "{line}"),
        }
    }
    assert_eq!(cases, 12);
}

#[test]
fn mistakes_are_named_as_upstream_names_them() {
    for (text, expected) in [
        ("{{ dict 1 }}", "dict requires an even number of arguments"),
        ("{{ dict 1 2 }}", "dict keys must be strings"),
        ("{{ match \"(\" \"\" }}", "error parsing regexp: missing closing ): `(`"),
        (
            "{{ reReplaceAll \"(\" \"\" \"\" }}",
            "regexp: Compile(`(`): error parsing regexp: missing closing ): `(`",
        ),
        ("{{ urlUnescape \"%zz\" }}", "invalid URL escape \"%zz\""),
        ("{{ tz \"Nowhere/X\" now }}", "unknown time zone Nowhere/X"),
        ("{{ base64decode \"!\" }}", "illegal base64 data at input byte 0"),
        ("{{ humanizeDuration \"x\" }}", "strconv.ParseFloat: parsing \"x\": invalid syntax"),
        ("{{ humanizeDuration nil }}", "can't convert <nil> to float"),
        (
            "{{ mustToDate \"2006\" \"x\" }}",
            "parsing time \"x\" as \"2006\": cannot parse \"x\" as \"2006\"",
        ),
    ] {
        let error = render(text).unwrap_err();
        assert!(error.ends_with(&format!(": {expected}")), "{text}\n{error}");
        assert!(error.contains("error calling "), "{error}");
    }
}

#[test]
fn now_is_the_time_of_the_notification() {
    let text = "{{ now.Format \"15:04\" }} {{ since (index .Alerts 0).StartsAt }}";
    assert_eq!(render(text), Ok("02:00 59m59.5s".to_owned()));
}

fn with_route_labels(pairs: &[(&str, &str)]) -> Notification {
    Notification { route_labels: Labels::from_pairs(pairs.iter().copied()), ..notification() }
}

#[test]
fn route_labels_refer_to_the_group_and_to_each_other() {
    let pairs = [
        ("team", "{{ .GroupLabels.job }}-team"),
        ("mail", "{{ routeLabels \"team\" }}@example{{ routeLabels \"none\" }}"),
        ("bad", "{{ .Nope }}"),
        ("a", "{{ routeLabels \"b\" }}"),
        ("b", "{{ routeLabels \"a\" }}"),
    ];
    let rendered = templates().route_labels(&with_route_labels(&pairs));
    let expected = Labels::from_pairs([("mail", "node-team@example"), ("team", "node-team")]);
    assert_eq!(rendered, expected, "what fails or refers to itself is left out");
}

#[test]
fn a_file_that_is_no_template_is_refused_with_its_name_and_line() {
    let error =
        Templates::new([("a.tmpl", "{{ define \"x\" }}{{ end }}"), ("b.tmpl", "\n{{ nope }}")]);
    let error = error.unwrap_err();
    assert_eq!(error.to_string(), "template: b.tmpl:2: function \"nope\" not defined");
    assert_eq!((error.line, error.column, error.offset), (2, 4, 4));
}
