use std::path::Path;
use std::time::Duration;

use regain_model::Labels;
use regain_storage::fs::MemFs;

use super::*;

const DIRECTORY: &str = "/state/marks";

fn id(number: u32) -> ExecutionId {
    ExecutionId::of("clean", &Labels::empty(), "e", 0, number)
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn marks(fs: &MemFs) -> Marks {
    Marks::new(Arc::new(fs.clone()), DIRECTORY.into())
}

#[test]
fn a_mark_tells_what_it_was_told() {
    let fs = MemFs::new();
    let marks = marks(&fs);
    assert_eq!(marks.read(&id(1)).unwrap(), None);
    assert!(marks.make(&id(1), at(5)).unwrap());
    assert!(!marks.make(&id(1), at(6)).unwrap(), "there is one");
    marks.started(&id(1), "12 345");
    marks.ended(&id(1), &Outcome::failed("two\nlines"));
    let mark = marks.read(&id(1)).unwrap().unwrap();
    assert_eq!(mark.intended_at, at(5));
    assert_eq!(mark.started.as_deref(), Some("12 345"));
    assert_eq!(mark.outcome, Some(Outcome::failed("two lines")));
    marks.take_back(&id(1));
    assert_eq!(marks.read(&id(1)).unwrap(), None);
}

#[test]
fn pitfall_07_a_mark_that_was_made_survives_the_power_and_a_failed_one_forbids_the_start() {
    let written = {
        let fs = MemFs::new();
        marks(&fs).make(&id(1), at(5)).unwrap();
        fs.operations()
    };
    for operation in 0..written {
        let fs = MemFs::new();
        fs.stop_at(operation);
        assert!(marks(&fs).make(&id(1), at(5)).is_err(), "stopped at operation {operation}");
    }
    for kept in 0..16 {
        let fs = MemFs::new();
        assert!(marks(&fs).make(&id(1), at(5)).unwrap());
        fs.cut_power(kept);
        fs.heal();
        assert!(marks(&fs).read(&id(1)).unwrap().is_some(), "the mark is gone");
    }
}

#[test]
fn a_line_that_broke_off_is_not_there() {
    let fs = MemFs::new();
    let path = Path::new(DIRECTORY).join(id(1).as_str());
    for (text, started, outcome) in [
        ("", None, None),
        ("intended 5", None, None),
        ("intended 5\nstarted 12 3", None, None),
        ("intended 5\nstarted 12 345\nsucc", Some("12 345"), None),
        ("intended 5\nstarted 12 345\nsucceeded\n", Some("12 345"), Some(Outcome::Succeeded)),
        ("\u{0}\u{0}", None, None),
    ] {
        fs.set_bytes(&path, text.as_bytes().to_vec());
        let mark = marks(&fs).read(&id(1)).unwrap().unwrap();
        assert_eq!((mark.started.as_deref(), mark.outcome), (started, outcome), "{text:?}");
    }
}

#[test]
fn old_marks_of_what_has_ended_are_removed_once_there_are_many() {
    let fs = MemFs::new();
    let marks = marks(&fs);
    let count = u32::try_from(MARKS_MAX).unwrap();
    for number in 0..count {
        assert!(marks.make(&id(number), at(0)).unwrap());
        if number > 0 {
            marks.ended(&id(number), &Outcome::Succeeded);
        }
    }
    let later = at(0) + OLD + Duration::from_secs(1);
    assert!(marks.make(&id(count), later).unwrap());
    assert!(marks.read(&id(0)).unwrap().is_some(), "it may still run");
    assert_eq!(marks.read(&id(1)).unwrap(), None);
    assert!(marks.read(&id(count)).unwrap().is_some());
}
