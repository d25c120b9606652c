//! Regular expressions that queries bring again and again.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use regain_go_regexp::{Error, Regex};

/// The most expressions that are kept.
const KEPT_MAX: usize = 64;
/// The largest automaton that is kept, in bytes.
const SIZE_BYTES_MAX: usize = 64 << 10;

/// Compiled expressions of an engine's queries, the last used one first. A dashboard asks with the same
/// expressions each time, and compiling one takes as long as the rest of a small query.
#[derive(Debug, Default)]
pub(crate) struct RegexCache(Mutex<VecDeque<Regex>>);

impl RegexCache {
    /// The compiled form of `pattern`, which has to match a whole text.
    pub(crate) fn anchored(&self, pattern: &str) -> Result<Regex, Error> {
        if let Some(known) = self.find(pattern) {
            return Ok(known);
        }
        let regex = Regex::anchored(pattern)?;
        if regex.size_bytes() <= SIZE_BYTES_MAX {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push_front(regex.clone());
            kept.truncate(KEPT_MAX);
        }
        Ok(regex)
    }

    fn find(&self, pattern: &str) -> Option<Regex> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|regex| regex.as_str() == pattern)?;
        let regex = kept.remove(at)?;
        kept.push_front(regex.clone());
        Some(regex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(cache: &RegexCache) -> Vec<String> {
        cache.0.lock().unwrap().iter().map(|regex| regex.as_str().to_owned()).collect()
    }

    #[test]
    fn the_last_used_expressions_are_kept_up_to_a_number_and_a_size() {
        let cache = RegexCache::default();
        for number in 0..=KEPT_MAX {
            assert!(cache.anchored(&format!("a{number}")).unwrap().is_match(&format!("a{number}")));
        }
        assert_eq!(kept(&cache).len(), KEPT_MAX);
        assert!(!kept(&cache).contains(&"a0".to_owned()));
        cache.anchored("a5").unwrap();
        assert_eq!(kept(&cache)[0], "a5");
        cache.anchored("(.{500}){2}").unwrap();
        assert_eq!(kept(&cache)[0], "a5", "a large automaton is not kept");
        assert!(cache.anchored("(").is_err());
    }
}
