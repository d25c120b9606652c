use super::*;

#[test]
fn each_problem_is_a_line() {
    let mut problems = Problems::default();
    assert!(problems.is_empty());
    problems.add(|| BadRefs::Odd(3));
    problems.add(|| BadRefs::Outside { name: 1, value: 9, size: 4 });
    assert_eq!((problems.count(), problems.is_empty()), (2, false));
    let text = "invalid labelRefs length 3\nlabelRefs 1 (name) = 9 (value) outside of symbols table (size 4)";
    assert_eq!(problems.to_string(), text);
}

#[test]
fn what_has_no_room_is_counted_and_not_asked_for() {
    let mut problems = Problems::default();
    problems.add(|| "é".repeat(TEXT_BYTES_MAX));
    for _ in 0..3 {
        problems.add(|| -> String { unreachable!("there is no room left") });
    }
    let text = problems.to_string();
    assert!(text.len() < TEXT_BYTES_MAX + 32, "{}", text.len());
    assert!(text.ends_with("é…\nand 3 more"));
    assert_eq!(problems.count(), 4);
}

#[test]
fn labels_and_places_look_as_upstream_writes_them() {
    let labels: [Pair<'_>; 4] = [(b"a", b"1"), (b"b.c", b"\"\n"), (b"d", b"\xff"), (b"", b"")];
    assert_eq!(LabelList(&labels).to_string(), r#"{a="1", "b.c"="\"\n", d="\xff", ""=""}"#);
    assert_eq!(LabelList(&[]).to_string(), "{}");
    assert_eq!(RefList(&[1, 2, 30]).to_string(), "[1 2 30]");
    assert_eq!(RefList(&[]).to_string(), "[]");
}
