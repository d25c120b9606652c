//! The only place that looks at environment variables; everything below gets them as parameters.

use std::collections::BTreeMap;

/// The value of a variable, where there is one and it is text.
#[expect(clippy::disallowed_methods, reason = "this is where all others get variables from")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// All variables that are text.
pub(crate) fn all() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The directory that the program was started in; empty where it is gone.
pub(crate) fn working_dir() -> String {
    std::env::current_dir().map_or_else(|_| String::new(), |dir| dir.display().to_string())
}
