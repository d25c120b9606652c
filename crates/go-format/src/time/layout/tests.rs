//! Layouts and times, as Go writes and reads them.

use jiff::civil::date;

use super::{Moment, format, parse};

fn moment() -> Moment {
    Moment {
        civil: date(2026, 3, 4).at(15, 6, 7, 80_900_000),
        offset_s: -(3 * 3600 + 1800),
        abbreviation: "NST".to_owned(),
    }
}

#[test]
fn times_are_written_by_layouts() {
    for (layout, expected) in [
        ("2006-01-02 15:04:05.999999999 -0700 MST", "2026-03-04 15:06:07.0809 -0330 NST"),
        ("Monday, January _2 2006 3:4:5pm", "Wednesday, March  4 2026 3:6:7pm"),
        ("Mon Jan 2 03:04PM '06", "Wed Mar 4 03:06PM '26"),
        (".000 ,00 .00x .9999", ".080 ,08 .08x .0809"),
        ("002 __2 __2006 _2006", "063  63  63026 _2026"),
        ("Z07 Z0700 Z07:00 -07:00:00 -070000", "-03 -0330 -03:30 -03:30:00 -033000"),
        ("Janet Monet Month 15h 3h", "Janet Monet Month 15h 3h"),
        ("", ""),
        ("no elements", "no elements"),
    ] {
        assert_eq!(format(layout, &moment()), expected, "{layout}");
    }
}

#[test]
fn what_is_written_can_be_read() {
    let layout = "2006-01-02T15:04:05.999999999-07:00";
    let read = parse(layout, &format(layout, &moment())).unwrap();
    assert_eq!((read.civil, read.offset_s), (moment().civil, moment().offset_s));
}

#[test]
fn messages_are_gos() {
    for (layout, text, expected) in [
        ("2006-01-02", "x", r#"parsing time "x" as "2006-01-02": cannot parse "x" as "2006""#),
        (
            "2006-01-02",
            "2026/1",
            r#"parsing time "2026/1" as "2006-01-02": cannot parse "/1" as "-""#,
        ),
        ("2006-01-02", "2026-13-01", r#"parsing time "2026-13-01": month out of range"#),
        ("2006-01-02", "2026-02-30", r#"parsing time "2026-02-30": day out of range"#),
        ("2006-01-02", "2026-02-03x", r#"parsing time "2026-02-03x": extra text: "x""#),
        ("15:04", "25:00", r#"parsing time "25:00": hour out of range"#),
    ] {
        assert_eq!(parse(layout, text).unwrap_err().to_string(), expected);
    }
}
