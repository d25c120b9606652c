//! Whether texts are templates.

use regain_rules::{TemplateMistake, check_template};
use regain_yaml::{Node, Span};

use super::place::Source;

/// What is wrong with a text, and where.
#[derive(Debug)]
pub(super) struct TextMistake {
    pub(super) at: Span,
    pub(super) error: TemplateMistake,
}

/// Checks a label's or annotation's text; the texts of a rule that is no alert are no templates.
pub(super) fn check_text(alert: &str, value: &Node, source: Source<'_>) -> Result<(), TextMistake> {
    match value.text() {
        Some(text) if !alert.is_empty() => check_template(alert, text)
            .map_err(|error| TextMistake { at: source.place(value, error.offset), error }),
        _ => Ok(()),
    }
}
