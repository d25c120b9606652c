//! The bodies of the fuzz targets over bytes that are made up anew each time.

use proptest::prelude::*;

use crate::targets::{check_body, check_requests};

proptest! {
    #[test]
    fn any_body_is_taken_or_refused(bytes: Vec<u8>) {
        check_body(&bytes);
    }

    #[test]
    fn what_is_known_of_a_sender_changes_nothing(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check_requests(&bytes);
    }
}
