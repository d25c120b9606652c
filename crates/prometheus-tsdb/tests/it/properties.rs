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

#[test]
fn chunks_that_are_not_what_their_entries_say_come_in_order() {
    // The entry of the first series, and one of the head, each lie about the times of a chunk.
    targets::check_index(b"\xff\x0e\x7e");
    let mut head = b"\x01\x00\x00\x01\xff\x00\x08\xff\xff\xdd\x00\xff\xff".to_vec();
    head.resize(32, 0);
    head[31] = b' ';
    targets::check_head_chunks(&head);
}
