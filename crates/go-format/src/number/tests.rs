use proptest::prelude::*;

use super::*;

/// Texts with the bits that Go 1.26 reads from them.
const FLOATS: &[(&str, Option<u64>)] = &[
    ("", None),
    ("1", Some(0x3ff0_0000_0000_0000)),
    ("+1", Some(0x3ff0_0000_0000_0000)),
    ("-1", Some(0xbff0_0000_0000_0000)),
    ("--1", None),
    ("1.", Some(0x3ff0_0000_0000_0000)),
    ("1.5", Some(0x3ff8_0000_0000_0000)),
    (".5", Some(0x3fe0_0000_0000_0000)),
    (".", None),
    ("+.5e1", Some(0x4014_0000_0000_0000)),
    ("1e5", Some(0x40f8_6a00_0000_0000)),
    ("1E5", Some(0x40f8_6a00_0000_0000)),
    ("1e+5", Some(0x40f8_6a00_0000_0000)),
    ("1e-5", Some(0x3ee4_f8b5_88e3_68f1)),
    ("1e", None),
    ("1e+", None),
    ("e5", None),
    ("inf", Some(0x7ff0_0000_0000_0000)),
    ("+Inf", Some(0x7ff0_0000_0000_0000)),
    ("-INF", Some(0xfff0_0000_0000_0000)),
    ("infinity", Some(0x7ff0_0000_0000_0000)),
    ("Infinit", None),
    ("nan", Some(0x7ff8_0000_0000_0001)),
    ("NaN", Some(0x7ff8_0000_0000_0001)),
    ("+nan", None),
    ("-NaN", None),
    ("1_000", Some(0x408f_4000_0000_0000)),
    ("0x1p4", Some(0x4030_0000_0000_0000)),
    ("0x1.8p1", Some(0x4008_0000_0000_0000)),
    ("0X1P-2", Some(0x3fd0_0000_0000_0000)),
    ("0x1", None),
    ("0x.p1", None),
    ("0xp1", None),
    ("0x1p", None),
    ("0x1p+", None),
    ("0x_1p4", Some(0x4030_0000_0000_0000)),
    ("0x1_0p4", Some(0x4070_0000_0000_0000)),
    ("0x1p4_0", Some(0x4270_0000_0000_0000)),
    ("0x1__0p4", None),
    ("0x1p_4", None),
    ("1e400", None),
    ("-1e400", None),
    ("1e-400", Some(0x0000_0000_0000_0000)),
    ("0x1p1024", None),
    ("0x1p1023", Some(0x7fe0_0000_0000_0000)),
    ("0x1.fffffffffffff7p1023", Some(0x7fef_ffff_ffff_ffff)),
    ("0x1.fffffffffffff8p1023", None),
    ("0x1p-1074", Some(0x0000_0000_0000_0001)),
    ("0x1p-1075", Some(0x0000_0000_0000_0000)),
    ("0x1.8p-1075", Some(0x0000_0000_0000_0001)),
    ("0x1.00000000000008p0", Some(0x3ff0_0000_0000_0000)),
    ("0x1.00000000000018p0", Some(0x3ff0_0000_0000_0002)),
    ("0x1.000000000000080001p0", Some(0x3ff0_0000_0000_0001)),
    ("0x1234_5678_9abc_def01234p0", Some(0x44b2_3456_789a_bcdf)),
    ("0x1p-1022", Some(0x0010_0000_0000_0000)),
    ("0x0.8p-1022", Some(0x0008_0000_0000_0000)),
    ("0x1.fffffffffffffp-1023", Some(0x0010_0000_0000_0000)),
    ("0x0p0", Some(0x0000_0000_0000_0000)),
    ("-0x0p5", Some(0x8000_0000_0000_0000)),
    ("-0", Some(0x8000_0000_0000_0000)),
    (" 1", None),
    ("1 ", None),
    ("0x1p99999999999999999999", None),
    ("0x1p-99999999999999999999", Some(0x0000_0000_0000_0000)),
    ("0x0p99999999999999999999", Some(0x0000_0000_0000_0000)),
    ("1e99999999999999999999", None),
    ("0e99999999999999999999", Some(0x0000_0000_0000_0000)),
    ("infx", None),
    ("1x", None),
    ("٣", None),
    ("0b1", None),
    ("0o7", None),
    ("007", Some(0x401c_0000_0000_0000)),
    ("0x1.p2", Some(0x4010_0000_0000_0000)),
    ("0x.8p2", Some(0x4000_0000_0000_0000)),
    ("0x1._8p2", None),
    ("1.7976931348623159e308", None),
    ("4.9e-324", Some(0x0000_0000_0000_0001)),
    ("2e-324", Some(0x0000_0000_0000_0000)),
    ("1__0", None),
    ("_1", None),
    ("1_", None),
    ("0_1", Some(0x3ff0_0000_0000_0000)),
    ("0x1e5", None),
];

/// Texts with the integers that Go 1.26 reads from them.
const INTEGERS: &[(&str, Option<i64>)] = &[
    ("", None),
    ("0", Some(0)),
    ("-0", Some(0)),
    ("+7", Some(7)),
    ("07", Some(7)),
    ("08", None),
    ("0x1F", Some(31)),
    ("0X1f", Some(31)),
    ("0xg", None),
    ("0b101", Some(5)),
    ("0b2", None),
    ("0o17", Some(15)),
    ("0O17", Some(15)),
    ("017", Some(15)),
    ("0_17", Some(15)),
    ("1_000", Some(1000)),
    ("1__0", None),
    ("_1", None),
    ("1_", None),
    ("0x_1", Some(1)),
    ("0x", None),
    ("0b", None),
    ("0o", None),
    ("00", Some(0)),
    ("9223372036854775807", Some(i64::MAX)),
    ("9223372036854775808", None),
    ("-9223372036854775808", Some(i64::MIN)),
    ("-9223372036854775809", None),
    ("0x7fffffffffffffff", Some(i64::MAX)),
    ("0x8000000000000000", None),
    ("-0x8000000000000000", Some(i64::MIN)),
    ("1e3", None),
    ("1.0", None),
    (" 1", None),
    ("--1", None),
    ("0_", None),
    ("_0", None),
    ("0x1_f", Some(31)),
    ("0x_", None),
    ("0b_1", Some(1)),
    ("0o_7", Some(7)),
    ("a", None),
    ("0_x1", None),
    ("-_1", None),
    ("-1_0", Some(-10)),
];

#[test]
fn reads_floats_as_go_does() {
    for &(text, expected) in FLOATS {
        let value = parse_float(text.as_bytes());
        match expected.map(f64::from_bits) {
            Some(expected) if expected.is_nan() => {
                assert!(value.is_some_and(f64::is_nan), "{text}");
            }
            expected => assert_eq!(value.map(f64::to_bits), expected.map(f64::to_bits), "{text}"),
        }
    }
}

#[test]
fn reads_integers_as_go_does() {
    for &(text, expected) in INTEGERS {
        assert_eq!(parse_int_base0(text.as_bytes()), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn reads_back_what_is_printed(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(!value.is_nan());
        for format in [crate::FloatFormat::F, crate::FloatFormat::E, crate::FloatFormat::G] {
            let mut text = Vec::new();
            crate::append_float(&mut text, value, format);
            prop_assert_eq!(parse_float(&text).map(f64::to_bits), Some(bits));
        }
    }

    #[test]
    fn reads_hexadecimal_integers_exactly(value: u64, exponent in -1200_i32..1200) {
        let text = format!("0x{value:x}p{exponent}");
        // Two factors, because one alone overflows; only the first product rounds.
        let expected = value as f64 * 2_f64.powi(exponent / 2) * 2_f64.powi(exponent - exponent / 2);
        prop_assume!(expected.is_finite() && expected >= f64::MIN_POSITIVE || value == 0);
        prop_assert_eq!(parse_float(text.as_bytes()), Some(expected));
    }

    #[test]
    fn arbitrary_bytes_are_numbers_or_refused(text in "[-+0-9a-fA-FxXpP_.eEoObB]{0,24}", bytes: Vec<u8>) {
        for text in [text.as_bytes(), &bytes] {
            prop_assert!(parse_float(text).is_none_or(|value| !text.is_empty() && !value.is_subnormal() || text.len() > 3));
            prop_assert!(parse_int_base0(text).is_none() || !text.is_empty());
        }
    }
}
