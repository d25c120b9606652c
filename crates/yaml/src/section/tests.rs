use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::read;

#[derive(Debug, PartialEq)]
struct Job {
    name: Option<String>,
    limit: u64,
    honor: bool,
    tags: Vec<String>,
    params: BTreeMap<String, Vec<String>>,
    auth: Option<String>,
    level: Option<u8>,
}

fn job(text: &str) -> Result<Job, String> {
    let decode = |node: &Node, mistakes: &Mistakes| {
        Section::read(node, "test.Job", mistakes, |section| Job {
            name: section.required("job_name"),
            limit: section.or("sample_limit", 7),
            honor: section.or("honor_labels", true),
            tags: section.or_zero("tags"),
            params: section.or_zero("params"),
            auth: section.section("auth", "test.Auth", |auth| auth.optional("username")).flatten(),
            level: section.parsed("level", str::parse),
        })
    };
    read(Path::new("f.yml"), text, decode).map_err(|errors| errors.to_string())
}

#[test]
fn absent_fields_take_their_default_and_null_fields_their_zero_value() {
    let absent = job("job_name: a").unwrap();
    assert_eq!((absent.limit, absent.honor, absent.auth), (7, true, None));
    let null = job("{job_name: a, sample_limit: , honor_labels: ~, tags: null, auth: }").unwrap();
    assert_eq!((null.limit, null.honor, null.tags, null.auth), (0, false, vec![], None));
}

#[test]
fn fields_are_read_in_their_types() {
    let job = job("
job_name: 1.50
sample_limit: 0x10
honor_labels: off
tags: [a, 2, yes]
params: {m: [x, y]}
auth:
  username: u
level: 3
")
    .unwrap();
    let params = BTreeMap::from([("m".to_owned(), vec!["x".to_owned(), "y".to_owned()])]);
    let expected = Job {
        name: Some("1.50".to_owned()),
        limit: 16,
        honor: false,
        tags: ["a", "2", "yes"].map(str::to_owned).to_vec(),
        params,
        auth: Some("u".to_owned()),
        level: Some(3),
    };
    assert_eq!(job, expected);
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    let text = "\
sample_limt: 3
honor_labels: 3
tags: {a: 1}
auth:
  user: u
  username: [x]
level: 300
params: {m: [], m: []}
tags: []
";
    let expected = "\
f.yml:1:1: field sample_limt not found in type test.Job (did you mean \"sample_limit\"?)
f.yml:1:1: field job_name is missing in test.Job
f.yml:2:15: cannot unmarshal !!int `3` into bool
f.yml:3:7: cannot unmarshal !!map into list
f.yml:5:3: field user not found in type test.Auth
f.yml:6:13: cannot unmarshal !!seq into string
f.yml:7:8: number too large to fit in target type
f.yml:8:17: key \"m\" already set in map
f.yml:9:1: field tags already set in type test.Job";
    let mut lines: Vec<_> = expected.lines().collect();
    let found = job(text).unwrap_err();
    let mut found: Vec<_> = found.lines().collect();
    lines.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, lines);
}

#[test]
fn another_shape_than_a_mapping_is_refused() {
    assert_eq!(job("[a]").unwrap_err(), "f.yml:1:1: cannot unmarshal !!seq into test.Job");
}

#[test]
fn remarks_are_handed_out_in_the_order_of_their_places_and_are_no_mistakes() {
    let node = crate::parse("a: 1\nb: 2\n").unwrap();
    let mistakes = Mistakes::new();
    Section::read(&node, "Test", &mistakes, |section| {
        let read = (section.or_zero::<i64>("a"), section.or_zero::<i64>("b"));
        section.remark("b", "later");
        section.remark("a", "earlier");
        read
    });
    let remarks: Vec<_> =
        mistakes.take_remarks().into_iter().map(|one| (one.at.line, one.text)).collect();
    assert_eq!(remarks, [(1, "earlier".into()), (2, "later".into())]);
    assert!(mistakes.is_empty() && mistakes.take_remarks().is_empty());
}
