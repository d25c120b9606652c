use proptest::prelude::*;

use super::*;

/// Texts, Go's Unix seconds and nanoseconds for them, and how Go prints them in UTC.
const INSTANTS: &[(&str, i64, i128, &str)] = &[
    ("2026-01-02T03:04:05Z", 1_767_323_045, 0, "2026-01-02T03:04:05Z"),
    ("2026-01-02T03:04:05.678Z", 1_767_323_045, 678_000_000, "2026-01-02T03:04:05.678Z"),
    (
        "2026-01-02T03:04:05.123456789Z",
        1_767_323_045,
        123_456_789,
        "2026-01-02T03:04:05.123456789Z",
    ),
    (
        "2026-01-02T03:04:05.1234567899Z",
        1_767_323_045,
        123_456_789,
        "2026-01-02T03:04:05.123456789Z",
    ),
    ("2026-01-02T03:04:05,5Z", 1_767_323_045, 500_000_000, "2026-01-02T03:04:05.5Z"),
    ("2026-01-02T03:04:05+02:00", 1_767_315_845, 0, "2026-01-02T01:04:05Z"),
    ("2026-01-02T03:04:05-11:30", 1_767_364_445, 0, "2026-01-02T14:34:05Z"),
    ("2024-02-29T00:00:00Z", 1_709_164_800, 0, "2024-02-29T00:00:00Z"),
    ("2026-01-02T3:04:05Z", 1_767_323_045, 0, "2026-01-02T03:04:05Z"),
    ("0001-01-01T00:00:00Z", -62_135_596_800, 0, "0001-01-01T00:00:00Z"),
    ("2026-01-02T03:04:05+24:00", 1_767_236_645, 0, "2026-01-01T03:04:05Z"),
    ("2026-01-02T03:04:05+02:60", 1_767_312_245, 0, "2026-01-02T00:04:05Z"),
    ("1969-12-31T23:59:59.9999Z", -1, 999_900_000, "1969-12-31T23:59:59.9999Z"),
    ("0000-01-01T00:00:00Z", -62_167_219_200, 0, "0000-01-01T00:00:00Z"),
    ("2026-01-02T03:04:05.000Z", 1_767_323_045, 0, "2026-01-02T03:04:05Z"),
];

#[test]
fn reads_and_prints_as_go_does() {
    for &(text, seconds, nanoseconds, printed) in INSTANTS {
        let instant = parse_rfc3339(text).unwrap_or_else(|| panic!("{text}"));
        let expected = i128::from(seconds) * 1_000_000_000 + nanoseconds;
        assert_eq!(instant.as_nanosecond(), expected, "{text}");
        assert_eq!(format_rfc3339_nano(instant), printed);
    }
}

#[test]
fn refuses_what_go_refuses() {
    for text in [
        "2026-02-29T00:00:00Z",
        "2026-01-02t03:04:05Z",
        "2026-01-02T03:04:05z",
        "2026-01-02 03:04:05Z",
        "2026-01-02T03:04:60Z",
        "2026-01-02T24:00:00Z",
        "2026-13-02T00:00:00Z",
        "2026-01-02T03:04:05",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05+25:00",
        "2026-01-02T03:04:05+02:61",
        "2026-01-02T03:04:05+0200",
        "2026-01-02T03:04:05Z ",
        "20260-01-02T03:04:05Z",
        "",
        "2026-01-02T03:04:05+é0:00",
    ] {
        assert_eq!(parse_rfc3339(text), None, "{text}");
    }
}

#[test]
fn milliseconds_round_towards_the_past() {
    assert_eq!(parse_rfc3339_ms("1969-12-31T23:59:59.9999Z"), Some(-1));
    assert_eq!(parse_rfc3339_ms("1970-01-01T00:00:00.9999Z"), Some(999));
    assert_eq!(format_rfc3339_ms(-1).as_deref(), Some("1969-12-31T23:59:59.999Z"));
    assert_eq!(format_rfc3339_ms(i64::MAX), None);
    assert_eq!(parse_rfc3339_ms(ZERO_TIME), Some(-62_135_596_800_000));
}

proptest! {
    #[test]
    fn printed_instants_read_back(timestamp_ms in -62_135_596_800_000_i64..253_402_000_000_000) {
        let text = format_rfc3339_ms(timestamp_ms).unwrap();
        prop_assert_eq!(parse_rfc3339_ms(&text), Some(timestamp_ms));
    }

    #[test]
    fn what_is_read_prints_in_a_form_that_reads_the_same(
        text in "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9][.,]?[0-9]{0,12}(Z|[+-][0-2][0-9]:[0-6][0-9])",
        other: String,
    ) {
        for text in [text, other] {
            if let Some(instant) = parse_rfc3339(&text) {
                prop_assert_eq!(parse_rfc3339(&format_rfc3339_nano(instant)), Some(instant));
            }
        }
    }
}
