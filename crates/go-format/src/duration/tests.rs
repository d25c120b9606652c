use proptest::prelude::*;

use super::*;

/// Texts, their milliseconds and how upstream prints those.
const DURATIONS: &[(&str, i64, &str)] = &[
    ("0", 0, "0s"),
    ("0s", 0, "0s"),
    ("1s", 1000, "1s"),
    ("15s", 15_000, "15s"),
    ("1m", 60_000, "1m"),
    ("5m", 300_000, "5m"),
    ("1h30m", 5_400_000, "1h30m"),
    ("1d", 86_400_000, "1d"),
    ("1w", 604_800_000, "1w"),
    ("1y", 31_536_000_000, "1y"),
    ("1y2w3d4h5m6s7ms", 33_019_506_007, "382d4h5m6s7ms"),
    ("1ms", 1, "1ms"),
    ("100ms", 100, "100ms"),
    ("1s500ms", 1500, "1s500ms"),
    ("292y", 9_208_512_000_000, "292y"),
    ("9223372036854ms", 9_223_372_036_854, "106751d23h47m16s854ms"),
    ("292y24w3d23h47m16s854ms", 9_223_372_036_854, "106751d23h47m16s854ms"),
    ("00015s", 15_000, "15s"),
    ("86400000ms", 86_400_000, "1d"),
    ("0m", 0, "0s"),
    ("1y0s", 31_536_000_000, "1y"),
];

/// Texts that upstream refuses and its messages.
const REFUSED: &[(&str, &str)] = &[
    ("", "empty duration string"),
    ("1", r#"not a valid duration string: "1""#),
    ("30m1h", r#"not a valid duration string: "30m1h""#),
    ("1m1m", r#"not a valid duration string: "1m1m""#),
    ("1.5h", r#"unknown unit "." in duration "1.5h""#),
    ("-1m", r#"not a valid duration string: "-1m""#),
    ("1x", r#"unknown unit "x" in duration "1x""#),
    ("m", r#"not a valid duration string: "m""#),
    ("1mm", r#"unknown unit "mm" in duration "1mm""#),
    ("293y", "duration out of range"),
    ("9223372036854775807ms", "duration out of range"),
    ("292y24w3d23h47m16s855ms", "duration out of range"),
    ("99999999999999999999s", r#"not a valid duration string: "99999999999999999999s""#),
    ("1 s", r#"unknown unit " s" in duration "1 s""#),
    ("1é", r#"unknown unit "é" in duration "1é""#),
    ("1h٣m", r#"unknown unit "h٣m" in duration "1h٣m""#),
];

const PRINTED: &[(i64, &str)] = &[
    (0, "0s"),
    (1, "1ms"),
    (999, "999ms"),
    (1000, "1s"),
    (60_000, "1m"),
    (3_600_000, "1h"),
    (86_400_000, "1d"),
    (604_800_000, "1w"),
    (4_233_600_000, "7w"),
    (31_536_000_000, "1y"),
    (32_140_800_000, "372d"),
    (7_776_000_000, "90d"),
    (691_200_000, "8d"),
    (-90_000, "-1m30s"),
    (5_400_000, "1h30m"),
];

#[test]
fn reads_and_prints_as_upstream_does() {
    for &(text, expected_ms, printed) in DURATIONS {
        assert_eq!(parse(text), Ok(expected_ms), "{text}");
        assert_eq!(format(expected_ms), printed);
    }
    for &(duration_ms, printed) in PRINTED {
        assert_eq!(format(duration_ms), printed);
    }
}

#[test]
fn refuses_in_the_words_of_upstream() {
    for &(text, message) in REFUSED {
        assert_eq!(parse(text).map_err(|error| error.to_string()), Err(message.to_owned()));
    }
}

#[test]
fn a_sign_is_read_only_where_asked_for() {
    assert_eq!(parse_signed("-1m30s"), Ok(-90_000));
    assert_eq!(parse_signed("1m30s"), Ok(90_000));
    assert_eq!(parse_signed("-0"), Ok(0));
    assert_eq!(parse_signed("--1s"), parse("-1s"));
}

proptest! {
    #[test]
    fn printed_durations_read_back(duration_ms in -9_223_372_036_854_i64..9_223_372_036_854) {
        prop_assert_eq!(parse_signed(&format(duration_ms)), Ok(duration_ms));
    }

    #[test]
    fn any_text_is_positive_or_refused(text in "[0-9ywdhms]{0,12}", other: String) {
        for text in [text, other] {
            prop_assert!(parse(&text).is_ok_and(|ms| ms >= 0) || parse(&text).is_err());
        }
    }
}
