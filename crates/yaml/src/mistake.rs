//! What is wrong in a file, and where.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::node::Span;

/// The mistakes of one file that are kept; a file with more is wrong in the same way many times.
const MISTAKES_MAX: usize = 100;

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The place of the key or value, where it has one.
    pub at: Option<Span>,
    /// What is wrong.
    pub kind: MistakeKind,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MistakeKind {
    /// The text is not YAML.
    #[error("yaml: {0}")]
    Syntax(String),
    /// The document exceeds a limit on hostile input.
    #[error("yaml: document exceeds the limit of {limit} {what}")]
    Limit {
        /// What is limited.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A mapping has a key that nothing reads.
    #[error("field {field} not found in type {owner}{}", Hint(*hint))]
    UnknownField {
        /// The key.
        field: String,
        /// The type that is read from the mapping, under upstream's name.
        owner: &'static str,
        /// The known key that is closest.
        hint: Option<&'static str>,
    },
    /// A mapping has a key twice.
    #[error("field {field} already set in type {owner}")]
    DuplicateField {
        /// The key.
        field: String,
        /// The type that is read from the mapping, under upstream's name.
        owner: &'static str,
    },
    /// A mapping with free keys has one twice.
    #[error("key {0:?} already set in map")]
    DuplicateKey(String),
    /// A value has another shape than the one wanted.
    #[error("cannot unmarshal {found} into {wanted}")]
    WrongKind {
        /// The tag and text of the value.
        found: String,
        /// The type wanted.
        wanted: &'static str,
    },
    /// A value breaks a rule of its field; the text names the field.
    #[error("{0}")]
    Rule(String),
}

struct Hint(Option<&'static str>);

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(field) => write!(f, " (did you mean {field:?}?)"),
            None => Ok(()),
        }
    }
}

/// The mistakes and remarks made so far, shared by all readers of one file.
#[derive(Debug, Default)]
pub struct Mistakes {
    found: RefCell<Vec<Mistake>>,
    remarks: RefCell<Vec<Remark>>,
    /// Whether a key that nothing reads is none.
    lets_unknown_fields: bool,
}

/// Something that a reader tells about a place without calling it a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The place.
    pub at: Span,
    /// The remark.
    pub text: Cow<'static, str>,
}

impl Mistakes {
    /// Starts without mistakes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts without mistakes, and takes keys that nothing reads for none.
    pub fn letting_unknown_fields() -> Self {
        Self { lets_unknown_fields: true, ..Self::default() }
    }

    /// Notes a mistake.
    pub fn add(&self, at: Span, kind: MistakeKind) {
        self.push(Mistake { at: Some(at), kind });
    }

    /// Notes that a rule is broken; `message` names the field and the rule.
    pub fn rule(&self, at: Span, message: impl Into<String>) {
        self.add(at, MistakeKind::Rule(message.into()));
    }

    /// Notes a mistake that is already located.
    pub fn push(&self, mistake: Mistake) {
        if self.lets_unknown_fields && matches!(mistake.kind, MistakeKind::UnknownField { .. }) {
            return;
        }
        let mut all = self.found.borrow_mut();
        if all.len() < MISTAKES_MAX && !all.contains(&mistake) {
            all.push(mistake);
        }
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// Makes a remark.
    pub fn remark(&self, at: Span, text: impl Into<Cow<'static, str>>) {
        self.remarks.borrow_mut().push(Remark { at, text: text.into() });
    }

    /// Hands out the remarks made so far, in the order of their places.
    pub fn take_remarks(&self) -> Vec<Remark> {
        let mut remarks = self.remarks.take();
        remarks.sort_by_key(|remark| remark.at);
        remarks
    }

    /// Ends the collection: `value` if there was no mistake, all mistakes of `file` otherwise.
    pub fn finish<T>(self, file: &Path, value: Option<T>) -> Result<T, Errors> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self.errors(file)),
        }
    }

    /// Hands out the mistakes made so far as those of `file`.
    pub fn errors(&self, file: &Path) -> Errors {
        let mut mistakes = self.found.take();
        mistakes.sort_by_key(|mistake| mistake.at);
        Errors { file: file.to_owned(), mistakes }
    }
}

/// All mistakes of one file, in the order of their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors {
    /// The file as it was named by whoever asked to read it.
    pub file: PathBuf,
    /// The mistakes.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for Errors {
    /// Writes one line for each mistake: `file:line:column: what is wrong`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Mistake { at, kind }) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}", self.file.display())?;
            if let Some(Span { line, column }) = at {
                write!(f, ":{line}:{column}")?;
            }
            write!(f, ": {kind}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}
