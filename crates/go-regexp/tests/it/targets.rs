//! What holds for any bytes. The fuzz target in `fuzz/` runs this, and so do the property tests.

use regain_go_regexp::{Matcher, Regex};

/// Any pattern compiles or is refused, by the matcher as by the automaton of the whole; both say the same
/// of each of the values. `bytes` are the pattern and the values, with zero bytes between them.
pub(crate) fn check_matcher(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\0');
    let pattern = lines.next().unwrap_or_default();
    let matcher = Matcher::new(pattern);
    // The matcher refuses a pattern that closes a group which only the other's wrapper opened.
    let slow = Regex::anchored(pattern).ok().filter(|_| matcher.is_ok());
    let (Ok(matcher), Some(slow)) = (matcher, slow) else { return };
    let listed = matcher.set_matches().map(<[String]>::to_vec);
    let values = lines.map(str::to_owned).chain(listed.clone().unwrap_or_default());
    for value in values.chain([String::new(), "a".to_owned(), pattern.to_owned()]) {
        let fits = matcher.matches(&value);
        assert_eq!(fits, slow.is_match(&value), "{pattern:?} and {value:?}");
        if let Some(listed) = &listed {
            assert_eq!(fits, listed.contains(&value), "{pattern:?} and {value:?}");
        }
        if let Some(prefix) = matcher.prefix() {
            assert!(!fits || value.starts_with(prefix), "{pattern:?} and {value:?}");
        }
        assert!(fits || !matcher.matches_everything(), "{pattern:?} and {value:?}");
        assert!(
            !matcher.matches_non_empty() || fits != value.is_empty(),
            "{pattern:?} and {value:?}"
        );
    }
}
