//! Which compressed forms a client takes.

use http::{HeaderMap, header};

/// A compressed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Smaller; browsers take it over TLS and from the own host.
    Brotli,
    /// Taken everywhere.
    Gzip,
}

impl Encoding {
    /// The form's name in headers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What tells the form's tag from those of the others.
    pub(crate) const fn tag_suffix(self) -> &'static str {
        match self {
            Self::Brotli => "-br",
            Self::Gzip => "-gz",
        }
    }
}

/// The forms that a request accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) brotli: bool,
    pub(crate) gzip: bool,
}

impl Accepted {
    /// Reads `Accept-Encoding`. Beyond "not at all", weights are not weighed: the smallest form serves
    /// everybody best.
    pub(crate) fn of(request: &HeaderMap) -> Self {
        let (mut brotli, mut gzip, mut any) = (None, None, false);
        let lists =
            request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok());
        for item in lists.flat_map(|list| list.split(',')) {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            let is_wanted = !is_zero(parameters);
            match name.trim().to_ascii_lowercase().as_str() {
                "br" => brotli = Some(is_wanted),
                "gzip" | "x-gzip" => gzip = Some(is_wanted),
                "*" => any = is_wanted,
                _ => {}
            }
        }
        Self { brotli: brotli.unwrap_or(any), gzip: gzip.unwrap_or(any) }
    }
}

/// Whether the weight among these parameters is zero.
fn is_zero(parameters: &str) -> bool {
    let weight =
        parameters.trim().strip_prefix("q=").or_else(|| parameters.trim().strip_prefix("Q="));
    weight.is_some_and(|weight| weight.trim().parse().is_ok_and(|weight: f32| weight <= 0.0))
}
