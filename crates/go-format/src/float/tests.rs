use proptest::prelude::*;

use super::*;

/// A float and Go 1.26's texts for it in each verb, shortest and with a precision.
struct Row {
    bits: u64,
    f: &'static str,
    e: &'static str,
    g: &'static str,
    f3: &'static str,
    e4: &'static str,
    g5: &'static str,
    g17: &'static str,
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { bits: 0x0000_0000_0000_0000, f: "0", e: "0e+00", g: "0", f3: "0.000", e4: "0.0000e+00", g5: "0", g17: "0" },
    Row { bits: 0x8000_0000_0000_0000, f: "-0", e: "-0e+00", g: "-0", f3: "-0.000", e4: "-0.0000e+00", g5: "-0", g17: "-0" },
    Row { bits: 0x3fe0_0000_0000_0000, f: "0.5", e: "5e-01", g: "0.5", f3: "0.500", e4: "5.0000e-01", g5: "0.5", g17: "0.5" },
    Row { bits: 0x3ff8_0000_0000_0000, f: "1.5", e: "1.5e+00", g: "1.5", f3: "1.500", e4: "1.5000e+00", g5: "1.5", g17: "1.5" },
    Row { bits: 0x4004_0000_0000_0000, f: "2.5", e: "2.5e+00", g: "2.5", f3: "2.500", e4: "2.5000e+00", g5: "2.5", g17: "2.5" },
    Row { bits: 0x3fd0_0000_0000_0000, f: "0.25", e: "2.5e-01", g: "0.25", f3: "0.250", e4: "2.5000e-01", g5: "0.25", g17: "0.25" },
    Row { bits: 0x3fc0_0000_0000_0000, f: "0.125", e: "1.25e-01", g: "0.125", f3: "0.125", e4: "1.2500e-01", g5: "0.125", g17: "0.125" },
    Row { bits: 0x444b_1ae4_d6e2_ef50, f: "1000000000000000000000", e: "1e+21", g: "1e+21", f3: "1000000000000000000000.000", e4: "1.0000e+21", g5: "1e+21", g17: "1e+21" },
    Row { bits: 0x4415_af1d_78b5_8c40, f: "100000000000000000000", e: "1e+20", g: "1e+20", f3: "100000000000000000000.000", e4: "1.0000e+20", g5: "1e+20", g17: "1e+20" },
    Row { bits: 0x40fe_2400_0000_0000, f: "123456", e: "1.23456e+05", g: "123456", f3: "123456.000", e4: "1.2346e+05", g5: "1.2346e+05", g17: "123456" },
    Row { bits: 0x4132_d687_0000_0000, f: "1234567", e: "1.234567e+06", g: "1.234567e+06", f3: "1234567.000", e4: "1.2346e+06", g5: "1.2346e+06", g17: "1234567" },
    Row { bits: 0x412e_847f_0000_0000, f: "999999.5", e: "9.999995e+05", g: "999999.5", f3: "999999.500", e4: "1.0000e+06", g5: "1e+06", g17: "999999.5" },
    Row { bits: 0x412e_8480_0000_0000, f: "1000000", e: "1e+06", g: "1e+06", f3: "1000000.000", e4: "1.0000e+06", g5: "1e+06", g17: "1000000" },
    Row { bits: 0x412e_847e_0000_0000, f: "999999", e: "9.99999e+05", g: "999999", f3: "999999.000", e4: "1.0000e+06", g5: "1e+06", g17: "999999" },
    Row { bits: 0x40f8_6a00_0000_0000, f: "100000", e: "1e+05", g: "100000", f3: "100000.000", e4: "1.0000e+05", g5: "1e+05", g17: "100000" },
    Row { bits: 0x7ff0_0000_0000_0000, f: "+Inf", e: "+Inf", g: "+Inf", f3: "+Inf", e4: "+Inf", g5: "+Inf", g17: "+Inf" },
    Row { bits: 0xfff0_0000_0000_0000, f: "-Inf", e: "-Inf", g: "-Inf", f3: "-Inf", e4: "-Inf", g5: "-Inf", g17: "-Inf" },
    Row { bits: 0x7ff8_0000_0000_0001, f: "NaN", e: "NaN", g: "NaN", f3: "NaN", e4: "NaN", g5: "NaN", g17: "NaN" },
    Row { bits: 0x3f1a_36e2_eb1c_432d, f: "0.0001", e: "1e-04", g: "0.0001", f3: "0.000", e4: "1.0000e-04", g5: "0.0001", g17: "0.0001" },
    Row { bits: 0x3ee4_f8b5_88e3_68f1, f: "0.00001", e: "1e-05", g: "1e-05", f3: "0.000", e4: "1.0000e-05", g5: "1e-05", g17: "1.0000000000000001e-05" },
    Row { bits: 0x3fb9_9999_9999_999a, f: "0.1", e: "1e-01", g: "0.1", f3: "0.100", e4: "1.0000e-01", g5: "0.1", g17: "0.10000000000000001" },
    Row { bits: 0x3fd3_3333_3333_3333, f: "0.3", e: "3e-01", g: "0.3", f3: "0.300", e4: "3.0000e-01", g5: "0.3", g17: "0.29999999999999999" },
    Row { bits: 0x3fd5_5555_5555_5555, f: "0.3333333333333333", e: "3.333333333333333e-01", g: "0.3333333333333333", f3: "0.333", e4: "3.3333e-01", g5: "0.33333", g17: "0.33333333333333331" },
    Row { bits: 0x4480_f0cf_064d_d592, f: "10000000000000000000000", e: "1e+22", g: "1e+22", f3: "10000000000000000000000.000", e4: "1.0000e+22", g5: "1e+22", g17: "1e+22" },
    Row { bits: 0x44b5_2d02_c7e1_4af6, f: "100000000000000000000000", e: "1e+23", g: "1e+23", f3: "99999999999999991611392.000", e4: "1.0000e+23", g5: "1e+23", g17: "9.9999999999999992e+22" },
    Row { bits: 0xbff0_0000_0000_0000, f: "-1", e: "-1e+00", g: "-1", f3: "-1.000", e4: "-1.0000e+00", g5: "-1", g17: "-1" },
    Row { bits: 0xc12e_8480_0000_0000, f: "-1000000", e: "-1e+06", g: "-1e+06", f3: "-1000000.000", e4: "-1.0000e+06", g5: "-1e+06", g17: "-1000000" },
    Row { bits: 0x40f8_69f8_0000_0000, f: "99999.5", e: "9.99995e+04", g: "99999.5", f3: "99999.500", e4: "1.0000e+05", g5: "1e+05", g17: "99999.5" },
    Row { bits: 0x4023_0000_0000_0000, f: "9.5", e: "9.5e+00", g: "9.5", f3: "9.500", e4: "9.5000e+00", g5: "9.5", g17: "9.5" },
    Row { bits: 0x3e7a_d7f2_9abc_af48, f: "0.0000001", e: "1e-07", g: "1e-07", f3: "0.000", e4: "1.0000e-07", g5: "1e-07", g17: "9.9999999999999995e-08" },
    Row { bits: 0x3eb0_c6f7_a0b5_ed8d, f: "0.000001", e: "1e-06", g: "1e-06", f3: "0.000", e4: "1.0000e-06", g5: "1e-06", g17: "9.9999999999999995e-07" },
    Row { bits: 0x4330_0000_0000_0000, f: "4503599627370496", e: "4.503599627370496e+15", g: "4.503599627370496e+15", f3: "4503599627370496.000", e4: "4.5036e+15", g5: "4.5036e+15", g17: "4503599627370496" },
    Row { bits: 0x4340_0000_0000_0000, f: "9007199254740992", e: "9.007199254740992e+15", g: "9.007199254740992e+15", f3: "9007199254740992.000", e4: "9.0072e+15", g5: "9.0072e+15", g17: "9007199254740992" },
    Row { bits: 0x3fac_8740_0000_0000, f: "0.05571937561035156", e: "5.571937561035156e-02", g: "0.05571937561035156", f3: "0.056", e4: "5.5719e-02", g5: "0.055719", g17: "0.055719375610351562" },
    Row { bits: 0x3fdb_2d40_aaea_fab5, f: "0.424637", e: "4.24637e-01", g: "0.424637", f3: "0.425", e4: "4.2464e-01", g5: "0.42464", g17: "0.42463699999999999" },
    Row { bits: 0x40f0_7a00_0000_0000, f: "67488", e: "6.7488e+04", g: "67488", f3: "67488.000", e4: "6.7488e+04", g5: "67488", g17: "67488" },
    Row { bits: 0x3faa_60ff_f518_4571, f: "0.0515213", e: "5.15213e-02", g: "0.0515213", f3: "0.052", e4: "5.1521e-02", g5: "0.051521", g17: "0.051521299999999999" },
    Row { bits: 0x40ff_2ceb_42c0_0000, f: "127694.70379638672", e: "1.2769470379638672e+05", g: "127694.70379638672", f3: "127694.704", e4: "1.2769e+05", g5: "1.2769e+05", g17: "127694.70379638672" },
    Row { bits: 0x4006_a489_4c44_7c31, f: "2.83034", e: "2.83034e+00", g: "2.83034", f3: "2.830", e4: "2.8303e+00", g5: "2.8303", g17: "2.8303400000000001" },
];

fn shortest(value: f64, format: FloatFormat) -> String {
    let mut text = Vec::new();
    append_float(&mut text, value, format);
    String::from_utf8(text).unwrap()
}

fn precise(value: f64, format: FloatFormat, precision: u16) -> String {
    let mut text = Vec::new();
    append_float_with_precision(&mut text, value, format, precision);
    String::from_utf8(text).unwrap()
}

fn json(value: f64) -> String {
    let mut text = Vec::new();
    append_json_float(&mut text, value);
    String::from_utf8(text).unwrap()
}

#[test]
fn prints_as_go_does() {
    for row in ROWS {
        let value = f64::from_bits(row.bits);
        assert_eq!(shortest(value, FloatFormat::F), row.f);
        assert_eq!(shortest(value, FloatFormat::E), row.e);
        assert_eq!(shortest(value, FloatFormat::G), row.g);
        assert_eq!(precise(value, FloatFormat::F, 3), row.f3);
        assert_eq!(precise(value, FloatFormat::E, 4), row.e4);
        assert_eq!(precise(value, FloatFormat::G, 5), row.g5);
        assert_eq!(precise(value, FloatFormat::G, 17), row.g17);
        assert_eq!(format_float(value), row.f);
    }
}

#[test]
fn the_api_takes_exponents_only_far_from_one() {
    let check = |value: f64, expected: &str| assert_eq!(json(value), expected);
    check(0.0, "0");
    check(-0.0, "-0");
    check(1e-6, "0.000001");
    check(9.9e-7, "9.9e-07");
    check(1e21, "1e+21");
    check(-1e20, "-100000000000000000000");
    check(1_700_000_000.5, "1700000000.5");
    check(f64::NAN, "NaN");
    check(f64::NEG_INFINITY, "-Inf");
}

#[test]
fn long_precisions_end_in_zeros() {
    assert_eq!(precise(0.5, FloatFormat::E, 1000), format!("5.{}e-01", "0".repeat(1000)));
    assert_eq!(precise(0.5, FloatFormat::F, u16::MAX).len(), usize::from(u16::MAX) + 2);
    assert_eq!(precise(0.5, FloatFormat::G, u16::MAX), "0.5");
}

proptest! {
    #[test]
    fn integers_look_the_same_on_the_fast_path_and_off_it(value in -2_000_000_i32..2_000_000) {
        prop_assert_eq!(format_float(f64::from(value)), value.to_string());
    }
}
