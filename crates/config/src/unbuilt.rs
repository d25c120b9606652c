//! Features that a file asks for and this version does not have.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use regain_yaml::{Mistakes, Span};

/// A valid setting whose feature does not exist yet. A server refuses to start with it, by name,
/// rather than run without what the user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbuilt {
    /// The feature, under the name of its key.
    pub feature: Cow<'static, str>,
    /// The file.
    pub file: Arc<Path>,
    /// The place in the file.
    pub at: Span,
}

impl Unbuilt {
    /// What the readers of `file` remarked.
    pub(crate) fn take(file: &Arc<Path>, mistakes: &Mistakes) -> Vec<Self> {
        let remarks = mistakes.take_remarks().into_iter();
        let unbuilt = |remark: regain_yaml::Remark| Self {
            feature: remark.text,
            file: Arc::clone(file),
            at: remark.at,
        };
        remarks.map(unbuilt).collect()
    }
}

impl fmt::Display for Unbuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feature, file, at } = self;
        write!(f, "{}:{}:{}: {feature} is not built yet", file.display(), at.line, at.column)
    }
}

/// Several of them, a line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnbuiltList(pub Vec<Unbuilt>);

impl fmt::Display for UnbuiltList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, unbuilt) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "\n" })?;
            unbuilt.fmt(f)?;
        }
        Ok(())
    }
}
