//! The path of a Jenkins job through its folders.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Is the set of letters that are written as `%XX` in a segment of a path.
pub(crate) const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Names a job: `clean`, or `production/clean` for a job in a folder. Names of branches of a multibranch
/// job are written as Jenkins stores them, `feature%2Fx`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobPath(Vec<String>);

impl JobPath {
    /// Is the deepest nesting of folders, the job included.
    pub const SEGMENTS_MAX: usize = 16;
    /// Is the longest name of a folder or a job, in bytes.
    pub const SEGMENT_BYTES_MAX: usize = 255;

    /// Reads a path and checks each of its names.
    pub fn parse(text: &str) -> Result<Self, JobPathError> {
        let segments: Vec<&str> = text.split('/').collect();
        if segments.len() > Self::SEGMENTS_MAX {
            return Err(JobPathError::TooDeep);
        }
        if segments.len() > 2 && segments.first() == Some(&"job") {
            return Err(JobPathError::UrlPath);
        }
        for segment in &segments {
            check(segment)?;
        }
        Ok(Self(segments.into_iter().map(str::to_owned).collect()))
    }

    /// Returns the path of a job in this folder.
    pub(crate) fn join(&self, below: &Self) -> Self {
        Self(self.0.iter().chain(&below.0).cloned().collect())
    }

    /// Returns the path in a URL, from the root of Jenkins: `job/production/job/clean/`.
    pub fn url_path(&self) -> String {
        let encoded = |segment: &String| format!("job/{}/", utf8_percent_encode(segment, SEGMENT));
        self.0.iter().map(encoded).collect()
    }
}

impl fmt::Display for JobPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

fn check(segment: &str) -> Result<(), JobPathError> {
    let name = || segment.to_owned();
    if segment.is_empty() || segment == "." || segment == ".." {
        return Err(JobPathError::NoName);
    }
    if segment.len() > JobPath::SEGMENT_BYTES_MAX {
        return Err(JobPathError::TooLong);
    }
    // Jenkins refuses these in names. `%` stays, because branches are stored with it.
    match segment
        .chars()
        .find(|&letter| letter.is_control() || "?*\\!@#$^&|<>[]:;".contains(letter))
    {
        Some(letter) => Err(JobPathError::Letter { name: name(), letter }),
        None if segment != segment.trim() => Err(JobPathError::Blank { name: name() }),
        None => Ok(()),
    }
}

/// Says why a text is no path of a job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobPathError {
    /// A name is empty, `.` or `..`.
    #[error("a job path is names with single slashes between them, as in \"folder/job\"")]
    NoName,
    /// The text is the path of a URL.
    #[error("a job path is written without \"job/\" between its names, as in \"folder/job\"")]
    UrlPath,
    /// There are too many names.
    #[error("a job path has at most {} names", JobPath::SEGMENTS_MAX)]
    TooDeep,
    /// A name is too long.
    #[error("a name in a job path has at most {} bytes", JobPath::SEGMENT_BYTES_MAX)]
    TooLong,
    /// A name holds a letter that Jenkins does not allow in names.
    #[error("the name {name:?} in a job path may not hold {letter:?}")]
    Letter {
        /// The name.
        name: String,
        /// The letter.
        letter: char,
    },
    /// A name begins or ends with a blank.
    #[error("the name {name:?} in a job path begins or ends with a blank")]
    Blank {
        /// The name.
        name: String,
    },
}
