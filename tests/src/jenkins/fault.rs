//! Trouble by order, and the record of requests.

/// What happens to a request instead of an ordinary answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The connection is closed and nothing was done.
    HangUpBefore,
    /// The request is carried out, and the connection closed without an answer.
    HangUpAfter,
    /// The request is carried out, and its answer breaks off in the middle.
    HalfAnswer,
    /// The request is carried out and never answered.
    Silence,
    /// Nothing is done, and the answer has this status.
    StatusBefore(u16),
    /// The request is carried out, and the answer has this status.
    StatusAfter(u16),
    /// Nothing is done, and the answer sends the client elsewhere, with this status.
    Redirect(u16, String),
}

/// Trouble for the next request with this method whose target contains a text.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The method.
    pub method: &'static str,
    /// A part of the path or the query.
    pub target: String,
    /// What happens.
    pub trouble: Trouble,
}

impl Fault {
    /// Trouble for a POST.
    pub fn post(target: &str, trouble: Trouble) -> Self {
        Self { method: "POST", target: target.to_owned(), trouble }
    }

    /// Trouble for a GET.
    pub fn get(target: &str, trouble: Trouble) -> Self {
        Self { method: "GET", target: target.to_owned(), trouble }
    }
}

/// A request that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The method.
    pub method: String,
    /// Path and query as they came.
    pub target: String,
    /// The body.
    pub body: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// Whether a crumb came with it.
    pub has_crumb: bool,
    /// The status of the answer that the request should have had.
    pub status: u16,
}
