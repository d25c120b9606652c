//! The bodies of the fuzz targets over a small corpus that is made up anew each time.

use proptest::prelude::*;

use crate::grammar::Grammar;
use crate::targets::{check_text, evaluate};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..96)) {
        check_text(&String::from_utf8_lossy(&bytes));
    }

    /// Most mistakes are made in texts that are nearly right.
    #[test]
    fn damaged_expressions_are_parsed_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 1..200),
        (at, cut, put) in (any::<prop::sample::Index>(), 0_usize..4, "[ -~]{0,3}"),
    ) {
        let mut chars: Vec<char> = Grammar::new(&bytes).expr().chars().collect();
        let at = at.index(chars.len());
        let end = chars.len().min(at + cut);
        chars.splice(at..end, put.chars());
        check_text(&chars.into_iter().collect::<String>());
    }

    #[test]
    fn valid_expressions_print_to_themselves_and_have_an_answer(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        evaluate(&bytes);
    }
}
