//! What all readers of a file share.

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use regain_alerting::matcher::MatcherMode;
use regain_yaml::{Mistakes, Remark, Span};

/// The surroundings of a reader.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// How matchers are read.
    pub(super) mode: MatcherMode,
    /// Where mistakes are noted.
    pub(super) mistakes: &'a Mistakes,
    warnings: RefCell<Vec<Remark>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(mode: MatcherMode, mistakes: &'a Mistakes) -> Self {
        Self { mode, mistakes, warnings: RefCell::default() }
    }

    /// Warns about what is valid at a place but likely not meant.
    pub(super) fn warn(&self, at: Span, text: impl Into<String>) {
        self.warnings.borrow_mut().push(Remark { at, text: text.into().into() });
    }

    /// Hands out the warnings in the order of their places.
    pub(super) fn take_warnings(&self, file: &Arc<Path>) -> Vec<Warning> {
        let mut warnings = self.warnings.take();
        warnings.sort_by_key(|warning| warning.at);
        let warning = |one: Remark| Warning {
            file: Arc::clone(file),
            at: one.at,
            text: one.text.into_owned(),
        };
        warnings.into_iter().map(warning).collect()
    }
}

/// Something valid in a file that is likely not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub file: Arc<Path>,
    /// The place in the file.
    pub at: Span,
    /// What is likely wrong.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, at, text } = self;
        write!(f, "{}:{}:{}: {text}", file.display(), at.line, at.column)
    }
}
