use proptest::prelude::*;

use super::*;

/// Texts, their sizes and how upstream prints those.
const SIZES: &[(&str, i64, &str)] = &[
    ("0", 0, "0B"),
    ("0B", 0, "0B"),
    ("1B", 1, "1B"),
    ("512MB", 536_870_912, "512MiB"),
    ("15GB", 16_106_127_360, "15GiB"),
    ("1KB", 1024, "1KiB"),
    ("1KiB", 1024, "1KiB"),
    ("1.5GiB", 1_610_612_736, "1GiB512MiB"),
    ("1GiB512MiB", 1_610_612_736, "1GiB512MiB"),
    ("1GB512MB", 1_610_612_736, "1GiB512MiB"),
    ("-1KB", -1024, "-1KiB"),
    ("+1KB", 1024, "1KiB"),
    (".5KB", 512, "512B"),
    ("1.KB", 1024, "1KiB"),
    ("7EiB", 8_070_450_532_247_928_832, "7EiB"),
    ("100TB", 109_951_162_777_600, "100TiB"),
    ("1PB", 1_125_899_906_842_624, "1PiB"),
    ("0.1KB", 102, "102B"),
    ("1B1B", 2, "2B"),
    ("922337203685477580B", 922_337_203_685_477_632, "819PiB204TiB819GiB204MiB819KiB256B"),
    ("922337203685477581B", 922_337_203_685_477_632, "819PiB204TiB819GiB204MiB819KiB256B"),
    ("-8EiB", i64::MIN, "-8EiB"),
];

const REFUSED: &[(&str, &str)] = &[
    ("", "units: invalid "),
    ("1kB", "units: unknown unit kB in 1kB"),
    ("1GiB512MB", "units: unknown unit GiB in 1GiB512MB"),
    ("1", "units: unknown unit  in 1"),
    ("KB", "units: invalid KB"),
    (".KB", "units: invalid .KB"),
    ("9EB", "units: overflow parsing unit"),
    ("1 KB", "units: unknown unit  KB in 1 KB"),
    ("99999999999999999999B", "units: invalid 99999999999999999999B"),
    ("1XB", "units: unknown unit XB in 1XB"),
    ("-9EiB", "units: unknown unit EiB in -9EiB"),
    ("--1B", "units: invalid --1B"),
    ("1B2", "units: unknown unit  in 1B2"),
    ("1iB", "units: unknown unit iB in 1iB"),
];

const PRINTED: &[(i64, &str)] = &[
    (0, "0B"),
    (1, "1B"),
    (1023, "1023B"),
    (1024, "1KiB"),
    (1025, "1KiB1B"),
    (1536, "1KiB512B"),
    (1_048_576, "1MiB"),
    (1_073_741_825, "1GiB1B"),
    (4_611_686_018_427_387_904, "4EiB"),
    (-1, "-1B"),
    (-1025, "-1KiB-1B"),
    (i64::MAX, "7EiB1023PiB1023TiB1023GiB1023MiB1023KiB1023B"),
    (i64::MIN, "-8EiB"),
];

#[test]
fn reads_and_prints_as_upstream_does() {
    for &(text, bytes, printed) in SIZES {
        assert_eq!(parse(text), Ok(bytes), "{text}");
        assert_eq!(format(bytes), printed);
    }
    for &(bytes, printed) in PRINTED {
        assert_eq!(format(bytes), printed);
    }
}

#[test]
fn refuses_in_the_words_of_upstream() {
    for &(text, message) in REFUSED {
        assert_eq!(parse(text).map_err(|error| error.to_string()), Err(message.to_owned()));
    }
}

#[test]
fn the_first_size_out_of_range_is_the_largest() {
    assert_eq!(parse("8EiB"), Ok(i64::MAX));
}

proptest! {
    #[test]
    fn printed_sizes_read_back(bytes in 0_i64..1 << 53) {
        prop_assert_eq!(parse(&format(bytes)), Ok(bytes));
    }

    #[test]
    fn a_minus_sign_negates_any_text(text in "[0-9.KMGTPEiB]{0,12}", other: String) {
        for text in [text, other] {
            if let Ok(bytes) = parse(&text) && bytes != i64::MAX && !text.starts_with(['-', '+']) {
                prop_assert_eq!(parse(&format!("-{text}")), Ok(-bytes));
            }
        }
    }
}
