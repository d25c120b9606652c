//! The bodies of the fuzz targets over bytes that are made up anew each time.

use proptest::prelude::*;

use crate::targets;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

proptest! {
    #[test]
    fn any_chunk_is_read_or_refused(bytes in bytes()) {
        targets::check_chunks(&bytes);
    }

    #[test]
    fn any_index_is_read_or_refused(bytes in bytes()) {
        targets::check_index(&bytes);
    }

    #[test]
    fn any_tombstones_are_read_or_refused(bytes in bytes()) {
        targets::check_tombstones(&bytes);
    }

    #[test]
    fn any_record_is_read_or_refused(bytes in bytes()) {
        targets::check_log(&bytes);
    }

    #[test]
    fn any_chunk_of_the_head_is_read_or_refused(bytes in bytes()) {
        targets::check_head_chunks(&bytes);
    }

    #[test]
    fn any_snapshot_of_the_head_is_read_or_refused(bytes in bytes()) {
        targets::check_head_snapshot(&bytes);
    }
}
