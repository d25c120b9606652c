//! Which names are valid and how others are asked for.

use regain_exposition::EscapingScheme;
use regain_model::NameScheme;
use regain_yaml::Section;

/// The field `metric_name_validation_scheme`.
pub(crate) fn validation_scheme(section: &mut Section<'_>) -> Option<NameScheme> {
    let parse = |word: &str| match word {
        "" => Ok(None),
        "utf8" => Ok(Some(NameScheme::Utf8)),
        "legacy" => Ok(Some(NameScheme::Legacy)),
        _ => Err(format!("unrecognized ValidationScheme: {word:?}")),
    };
    section.parsed("metric_name_validation_scheme", parse).flatten()
}

/// The field `metric_name_escaping_scheme`; `whose` says in messages whose it is.
pub(crate) fn escaping_scheme(section: &mut Section<'_>, whose: &str) -> Option<EscapingScheme> {
    let parse = |word: &str| match EscapingScheme::parse(word) {
        None if word.is_empty() => Ok(None),
        None => Err(format!(
            "unknown {whose} name escaping method specified, must be one of 'allow-utf-8', \
             'underscores', 'dots', or 'values', got {word:?}"
        )),
        found => Ok(found),
    };
    section.parsed("metric_name_escaping_scheme", parse).flatten()
}

/// The escaping that goes with a validation scheme where none is configured.
pub(crate) const fn default_escaping(scheme: NameScheme) -> EscapingScheme {
    match scheme {
        NameScheme::Utf8 => EscapingScheme::AllowUtf8,
        NameScheme::Legacy => EscapingScheme::Underscores,
    }
}

/// The word for a validation scheme in a configuration file.
pub(crate) const fn scheme_word(scheme: NameScheme) -> &'static str {
    match scheme {
        NameScheme::Utf8 => "utf8",
        NameScheme::Legacy => "legacy",
    }
}
