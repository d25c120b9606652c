//! Patterns from flags, and the include/exclude pair that several collectors have.

use regain_go_regexp::Regex;

use crate::error::SettingsError;

/// Is a regular expression from a flag, matched anywhere in a name unless it anchors itself.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    pub(crate) fn new(flag: &'static str, pattern: &str) -> Result<Self, SettingsError> {
        Regex::new(pattern).map(Self).map_err(|source| SettingsError::Pattern { flag, source })
    }

    pub(crate) fn is_match(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

/// Holds what the flags of an include/exclude pair were set to.
///
/// `None` is a flag that was not given; an empty pattern filters nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilterSettings {
    /// Is the pattern of names to keep.
    pub include: Option<String>,
    /// Is the pattern of names to drop.
    pub exclude: Option<String>,
    /// Is the exclude pattern under the name the flag used to have.
    pub exclude_deprecated: Option<String>,
    /// Is the include pattern under the name the flag used to have.
    pub include_deprecated: Option<String>,
}

/// Names the flags of one pair, for messages, and the exclude pattern it starts with.
#[derive(Debug)]
pub(crate) struct FilterFlags {
    pub(crate) include: &'static str,
    pub(crate) exclude: &'static str,
    pub(crate) exclude_deprecated: &'static str,
    pub(crate) include_deprecated: &'static str,
    pub(crate) default_exclude: &'static str,
}

/// Decides which names a collector shows.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    include: Option<Pattern>,
    exclude: Option<Pattern>,
}

impl Filter {
    pub(crate) fn new(
        flags: &FilterFlags,
        settings: &FilterSettings,
    ) -> Result<Self, SettingsError> {
        let include = renamed(
            (flags.include, settings.include.as_deref()),
            (flags.include_deprecated, settings.include_deprecated.as_deref()),
        )?;
        let exclude = renamed(
            (flags.exclude, settings.exclude.as_deref()),
            (flags.exclude_deprecated, settings.exclude_deprecated.as_deref()),
        )?;
        let include = include.filter(|pattern| !pattern.is_empty());
        let exclude = match (include, settings.exclude.as_deref()) {
            (Some(_), Some(given)) if !given.is_empty() => {
                return Err(SettingsError::Exclusive { one: flags.exclude, other: flags.include });
            }
            // Whoever says what to keep does not want the exclusions he was never asked about.
            (Some(_), _) => "",
            (None, _) => exclude.unwrap_or(flags.default_exclude),
        };
        Ok(Self {
            include: include.map(|given| Pattern::new(flags.include, given)).transpose()?,
            exclude: Some(exclude)
                .filter(|pattern| !pattern.is_empty())
                .map(|pattern| Pattern::new(flags.exclude, pattern))
                .transpose()?,
        })
    }

    pub(crate) fn ignores(&self, name: &str) -> bool {
        self.exclude.as_ref().is_some_and(|pattern| pattern.is_match(name))
            || self.include.as_ref().is_some_and(|pattern| !pattern.is_match(name))
    }
}

/// Picks the one of two spellings that was given.
pub(crate) fn renamed<'a>(
    (flag, value): (&'static str, Option<&'a str>),
    (old_flag, old_value): (&'static str, Option<&'a str>),
) -> Result<Option<&'a str>, SettingsError> {
    match (value, old_value.filter(|old| !old.is_empty())) {
        (Some(_), Some(_)) => Err(SettingsError::Exclusive { one: old_flag, other: flag }),
        (None, Some(old)) => {
            tracing::warn!("{old_flag} is DEPRECATED and will be removed in 2.0.0, use {flag}");
            Ok(Some(old))
        }
        (value, None) => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: FilterFlags = FilterFlags {
        include: "--include",
        exclude: "--exclude",
        exclude_deprecated: "--ignored",
        include_deprecated: "--whitelist",
        default_exclude: "^loop",
    };

    fn filter(include: Option<&str>, exclude: Option<&str>) -> Result<Filter, SettingsError> {
        let settings = FilterSettings {
            include: include.map(str::to_owned),
            exclude: exclude.map(str::to_owned),
            ..FilterSettings::default()
        };
        Filter::new(&FLAGS, &settings)
    }

    #[test]
    fn keeps_what_the_flags_say() {
        let check = |include, exclude, kept: &[&str]| {
            let filter = filter(include, exclude).unwrap();
            let seen: Vec<&str> =
                ["loop0", "sda", "sdb"].into_iter().filter(|name| !filter.ignores(name)).collect();
            assert_eq!(seen, kept, "include {include:?}, exclude {exclude:?}");
        };
        check(None, None, &["sda", "sdb"]);
        check(None, Some(""), &["loop0", "sda", "sdb"]);
        check(None, Some("b$"), &["loop0", "sda"]);
        check(Some("loop|sda"), None, &["loop0", "sda"]);
        check(Some("loop|sda"), Some(""), &["loop0", "sda"]);
        check(Some(""), None, &["sda", "sdb"]);
    }

    #[test]
    fn refuses_contradictions_by_the_names_of_the_flags() {
        let error = filter(Some("a"), Some("b")).unwrap_err();
        assert_eq!(error.to_string(), "--exclude and --include are mutually exclusive");

        let settings = FilterSettings {
            exclude: Some("a".to_owned()),
            exclude_deprecated: Some("b".to_owned()),
            ..FilterSettings::default()
        };
        let error = Filter::new(&FLAGS, &settings).unwrap_err();
        assert_eq!(error.to_string(), "--ignored and --exclude are mutually exclusive");

        let error = filter(Some("("), None).unwrap_err();
        assert!(error.to_string().contains("--include"), "{error}");
    }
}
