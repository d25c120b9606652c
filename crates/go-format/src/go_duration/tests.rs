use proptest::prelude::*;

use super::*;

const PRINTED: &[(i64, &str)] = &[
    (0, "0s"),
    (1, "1ns"),
    (-1, "-1ns"),
    (999, "999ns"),
    (1000, "1µs"),
    (1100, "1.1µs"),
    (999_999, "999.999µs"),
    (1_000_000, "1ms"),
    (1_500_000, "1.5ms"),
    (999_999_999, "999.999999ms"),
    (1_000_000_000, "1s"),
    (1_500_000_000, "1.5s"),
    (59_999_999_999, "59.999999999s"),
    (60_000_000_000, "1m0s"),
    (90_000_000_000, "1m30s"),
    (3_599_999_999_999, "59m59.999999999s"),
    (3_600_000_000_000, "1h0m0s"),
    (3_600_500_000_000, "1h0m0.5s"),
    (i64::MAX, "2562047h47m16.854775807s"),
    (i64::MIN, "-2562047h47m16.854775808s"),
    (-90_000_000_000, "-1m30s"),
    (1_000_000_001, "1.000000001s"),
    (100_000, "100µs"),
];

const READ: &[(&str, i64)] = &[
    ("0", 0),
    ("-0", 0),
    ("+0", 0),
    ("0s", 0),
    ("1s", 1_000_000_000),
    ("-1s", -1_000_000_000),
    ("+1.5s", 1_500_000_000),
    ("1.s", 1_000_000_000),
    (".5s", 500_000_000),
    ("1h30m", 5_400_000_000_000),
    ("1m1m", 120_000_000_000),
    ("3000h", 10_800_000_000_000_000),
    ("2562047h47m16.854775807s", i64::MAX),
    ("-2562047h47m16.854775808s", i64::MIN),
    ("1us", 1000),
    ("1µs", 1000),
    ("1μs", 1000),
    ("1.0000000001s", 1_000_000_000),
    ("0.9223372036854775807h", 3_320_413_933_267),
    ("-9223372036854775808ns", i64::MIN),
    ("0.333333333333333333333333h", 1_200_000_000_000),
    ("100ns0.5us", 600),
    ("1ms500us", 1_500_000),
];

/// Texts that Go refuses and its messages.
const REFUSED: &[(&str, &str)] = &[
    ("", r#"time: invalid duration """#),
    ("1", r#"time: missing unit in duration "1""#),
    (".s", r#"time: invalid duration ".s""#),
    ("2562047h47m16.854775808s", r#"time: invalid duration "2562047h47m16.854775808s""#),
    ("-2562047h47m16.854775809s", r#"time: invalid duration "-2562047h47m16.854775809s""#),
    ("1d", r#"time: unknown unit "d" in duration "1d""#),
    ("1s1", r#"time: missing unit in duration "1s1""#),
    ("1 s", r#"time: unknown unit " s" in duration "1 s""#),
    ("s", r#"time: invalid duration "s""#),
    ("-", r#"time: invalid duration "-""#),
    ("+", r#"time: invalid duration "+""#),
    ("9223372036854775808ns", r#"time: invalid duration "9223372036854775808ns""#),
    ("99999999999999999999s", r#"time: invalid duration "99999999999999999999s""#),
    ("1.5.5s", r#"time: missing unit in duration "1.5.5s""#),
    ("--1s", r#"time: invalid duration "--1s""#),
];

#[test]
fn prints_as_go_does() {
    for &(duration_ns, text) in PRINTED {
        assert_eq!(format(duration_ns), text);
    }
}

#[test]
fn reads_as_go_does() {
    for &(text, duration_ns) in READ {
        assert_eq!(parse(text), Ok(duration_ns), "{text}");
    }
    for &(text, message) in REFUSED {
        assert_eq!(parse(text).map_err(|error| error.to_string()), Err(message.to_owned()));
    }
}

proptest! {
    #[test]
    fn printed_durations_read_back(duration_ns: i64, shift in 0_u32..64) {
        let duration_ns = duration_ns >> shift;
        prop_assert_eq!(parse(&format(duration_ns)), Ok(duration_ns));
    }

    #[test]
    fn a_minus_sign_negates_any_text(text in "[0-9.hmsuµn]{0,16}", other: String) {
        for text in [text, other] {
            if let Ok(duration_ns) = parse(&text) && !text.starts_with(['-', '+']) {
                prop_assert_eq!(parse(&format!("-{text}")), Ok(-duration_ns));
            }
        }
    }
}
