//! The bodies of the fuzz targets over bytes that are made up anew each time.

use proptest::prelude::*;

use crate::targets;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_segment_is_read_or_refused(bytes in bytes()) {
        targets::check_segment(&bytes);
    }

    #[test]
    fn any_archive_is_read_or_refused(bytes in bytes()) {
        targets::check_archive(&bytes);
    }

    #[test]
    fn any_values_come_back(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        targets::check_values(&bytes);
    }

    #[test]
    fn any_log_is_read_or_refused(bytes in bytes()) {
        targets::check_logs(&bytes);
    }

    #[test]
    fn any_list_is_read_or_refused(bytes in bytes()) {
        targets::check_lists(&bytes);
    }
}
