//! A request's parameters: from the query string and, for forms, from the body.

use axum::extract::{FromRequest, Request};
use http::{Method, header};
use percent_encoding::percent_decode_str;
use regain_go_format::quote::quote;
use regain_http::server::body::{BodyError, read_body};
use regain_model::{Matcher, Span, Timestamp};

use crate::envelope::ApiError;
use crate::query_service::HttpRequest;

/// The largest form that is read: Go's own limit.
const FORM_BYTES_MAX: usize = 10 << 20;
/// The most parameters that are kept of a request; what comes after them is not looked at.
const PARAMETERS_MAX: usize = 10_000;

/// The most entries of a ranking.
const TOP_MAX: usize = 10_000;

/// The ends of time as upstream knows them (`MinTime` and `MaxTime`), which leave room for ranges and
/// offsets, and the texts that clients send for them.
const TIME_MIN: Timestamp = Timestamp(-9_223_309_901_257_974_000);
const TIME_MAX: Timestamp = Timestamp(9_223_309_901_257_974_999);
const TIME_MIN_TEXT: &str = "-292273086-05-16T16:47:06Z";
const TIME_MAX_TEXT: &str = "292277025-08-18T07:12:54.999999999Z";

/// Names and values in the order in which they came: the body's before the query string's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<Pair>,
    /// The first thing that could not be read. Go leaves such a pair out and goes on.
    malformed: Option<String>,
    request: HttpRequest,
}

#[derive(Clone, Debug)]
struct Pair {
    name: String,
    value: String,
    /// The first byte of the value that belongs to no character.
    broken_at: Option<usize>,
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Self::Rejection> {
        let mut params = Self { request: HttpRequest::of(&request), ..Self::default() };
        let (parts, body) = request.into_parts();
        let content_type = parts.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let is_form = media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        if parts.method == Method::POST && is_form {
            let mut form = Vec::new();
            read_body(body, FORM_BYTES_MAX, &mut form).await.map_err(|error| {
                let why = match error {
                    BodyError::TooLarge { .. } => "http: POST too large".to_owned(),
                    BodyError::Broken(source) => source.to_string(),
                };
                ApiError::bad_data(format!("error parsing form values: {why}"))
            })?;
            params.add(&String::from_utf8_lossy(&form));
        }
        params.add(parts.uri.query().unwrap_or_default());
        Ok(params)
    }
}

impl Params {
    /// The parameters of a query string.
    #[cfg(test)]
    pub(crate) fn of_query(query: &str) -> Self {
        let mut params = Self::default();
        params.add(query);
        params
    }

    fn add(&mut self, encoded: &str) {
        for pair in encoded.split('&').filter(|pair| !pair.is_empty()) {
            if self.pairs.len() == PARAMETERS_MAX {
                return;
            }
            if pair.contains(';') {
                self.note("invalid semicolon separator in query".to_owned());
                continue;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decode(name), decode(value)) {
                (Ok(name), Ok(value)) => {
                    let broken_at = str::from_utf8(&value).err().map(|error| error.valid_up_to());
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    let (name, value) = (text(&name), text(&value));
                    self.pairs.push(Pair { name, value, broken_at });
                }
                (Err(why), _) | (_, Err(why)) => self.note(why),
            }
        }
    }

    fn note(&mut self, why: String) {
        self.malformed.get_or_insert(why);
    }

    /// An error where something of the request could not be read.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        match &self.malformed {
            Some(why) => Err(ApiError::bad_data(format!("error parsing form values: {why}"))),
            None => Ok(()),
        }
    }

    /// The request that they came with.
    pub(crate) fn request(&self) -> HttpRequest {
        self.request.clone()
    }

    /// The first value of `name`, or the empty text.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.pairs.iter().find(|pair| pair.name == name);
        found.map_or("", |pair| &pair.value)
    }

    /// All values of `name`.
    pub(crate) fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.named(name).map(|pair| pair.value.as_str())
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Pair> {
        self.pairs.iter().filter(move |pair| pair.name == name)
    }

    /// The expression in `query`, which must be UTF-8.
    pub(crate) fn query(&self) -> Result<&str, ApiError> {
        self.expression().map_err(|why| ApiError::parameter("query", why))
    }

    /// The same, where an error does not name the parameter.
    pub(crate) fn expression(&self) -> Result<&str, SelectorError> {
        self.named("query").next().map_or(Ok(""), Pair::expression)
    }

    /// The time in `name`, or `default` where it is missing.
    pub(crate) fn time_or(&self, name: &str, default: Timestamp) -> Result<Timestamp, ApiError> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(default);
        }
        parse_time(text).ok_or_else(|| {
            let why = format!("invalid time value for '{name}': {}", unreadable(text, "timestamp"));
            ApiError::parameter(name, why)
        })
    }

    /// The time in `name`, which must be there.
    pub(crate) fn time(&self, name: &str) -> Result<Timestamp, ApiError> {
        let text = self.text(name);
        parse_time(text).ok_or_else(|| ApiError::parameter(name, unreadable(text, "timestamp")))
    }

    /// The span from `start` to `end`, both of which may be missing.
    pub(crate) fn span(&self) -> Result<Span, ApiError> {
        let start = self.time_or("start", TIME_MIN)?;
        let end = self.time_or("end", TIME_MAX)?;
        Ok(Span::new(start, end))
    }

    /// The duration in `name` in nanoseconds, where it is there.
    pub(crate) fn duration_ns(&self, name: &str) -> Result<Option<i64>, ApiError> {
        match self.text(name) {
            "" => Ok(None),
            text => match parse_duration_ns(text) {
                Ok(duration_ns) => Ok(Some(duration_ns)),
                Err(why) => Err(ApiError::parameter(name, why)),
            },
        }
    }

    /// The `limit`, 0 for none.
    pub(crate) fn limit(&self) -> Result<usize, ApiError> {
        let text = self.text("limit");
        if text.is_empty() {
            return Ok(0);
        }
        let limit = atoi(text).map_err(|why| ApiError::parameter("limit", why))?;
        match usize::try_from(limit) {
            Ok(limit) => Ok(limit),
            Err(_) => Err(ApiError::parameter("limit", "limit must be non-negative")),
        }
    }

    /// The `limit` of a ranking, `default` where it is missing.
    pub(crate) fn top(&self, default: usize) -> Result<usize, ApiError> {
        let text = self.text("limit");
        if text.is_empty() {
            return Ok(default);
        }
        match atoi(text).ok().and_then(|top| usize::try_from(top).ok()) {
            None | Some(0) => Err(ApiError::bad_data("limit must be a positive number")),
            Some(top) if top > TOP_MAX => {
                Err(ApiError::bad_data(format!("limit must not exceed {TOP_MAX}")))
            }
            Some(top) => Ok(top),
        }
    }

    /// The truth value in `name` as Go reads one; false where it is missing.
    pub(crate) fn is_set(&self, name: &str) -> Result<bool, ApiError> {
        match self.text(name) {
            "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            text => {
                let why = format!("strconv.ParseBool: parsing {}: invalid syntax", quote(text));
                Err(ApiError::parameter(name, why))
            }
        }
    }

    /// The selectors in `match[]`, each of which must say something.
    pub(crate) fn selectors(&self) -> Result<Vec<Vec<Matcher>>, SelectorError> {
        let selectors = self.any_selectors()?;
        if selectors.iter().any(|matchers| matchers.iter().all(Matcher::matches_empty)) {
            return Err(SelectorError::MatchesEmpty);
        }
        Ok(selectors)
    }

    /// The selectors in `match[]`.
    pub(crate) fn any_selectors(&self) -> Result<Vec<Vec<Matcher>>, SelectorError> {
        let parse = |pair: &Pair| {
            regain_promql::parse_metric_selector(pair.expression()?)
                .map_err(|errors| SelectorError::Syntax(errors.to_string()))
        };
        self.named("match[]").map(parse).collect()
    }
}

impl Pair {
    /// The value as the text of an expression.
    fn expression(&self) -> Result<&str, SelectorError> {
        match self.broken_at {
            None => Ok(&self.value),
            Some(at) => {
                let before = self.value.get(..at).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let column = at - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
                let why = format!("{line}:{column}: parse error: invalid UTF-8 rune");
                Err(SelectorError::Syntax(why))
            }
        }
    }
}

/// Why `match[]` cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectorError {
    /// It is no selector.
    #[error("{0}")]
    Syntax(String),
    /// It would select everything.
    #[error("match[] must contain at least one non-empty matcher")]
    MatchesEmpty,
}

impl From<SelectorError> for ApiError {
    fn from(error: SelectorError) -> Self {
        Self::bad_data(error.to_string())
    }
}

fn unreadable(text: &str, kind: &str) -> String {
    format!("cannot parse {} to a valid {kind}", quote(text))
}

/// Undoes the encoding of forms.
fn decode(text: &str) -> Result<Vec<u8>, String> {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('%') {
        let is_escape =
            bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        if !is_escape {
            // Go shows the three bytes that should have been one.
            let shown = &bytes[at..bytes.len().min(at + 3)];
            let shown = regain_go_format::quote::quote_bytes(shown);
            return Err(format!("invalid URL escape {shown}"));
        }
    }
    let spaced = text.replace('+', " ");
    Ok(percent_decode_str(&spaced).collect())
}

/// Reads a whole number with the errors of Go's `strconv.Atoi`.
pub(crate) fn atoi(text: &str) -> Result<i64, String> {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    text.parse().map_err(|error: std::num::ParseIntError| {
        let why = match error.kind() {
            PosOverflow | NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("strconv.Atoi: parsing {}: {why}", quote(text))
    })
}

/// Reads seconds or an RFC 3339 time. What lies beyond the ends of time is held there, as is what is no
/// number: upstream finds nothing at such times either.
fn parse_time(text: &str) -> Option<Timestamp> {
    if let Some(seconds) = regain_go_format::number::parse_float(text.as_bytes()) {
        return Some(from_seconds(seconds).clamp(TIME_MIN, TIME_MAX));
    }
    match text {
        TIME_MIN_TEXT => Some(TIME_MIN),
        TIME_MAX_TEXT => Some(TIME_MAX),
        _ => regain_go_format::time::parse_rfc3339_ms(text).map(Timestamp),
    }
}

/// Reads seconds or a duration such as `5m`.
pub(crate) fn parse_duration_ns(text: &str) -> Result<i64, String> {
    const NANOSECONDS_PER_MS: i64 = 1_000_000;
    match regain_go_format::number::parse_float(text.as_bytes()) {
        Some(seconds) => {
            let nanoseconds = seconds * 1e9;
            if nanoseconds.is_nan() {
                // What Go's conversion makes of it.
                return Ok(i64::MIN);
            }
            if nanoseconds.abs() <= i64_max() {
                #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
                return Ok(nanoseconds as i64);
            }
            Err(format!("{}. It overflows int64", unreadable(text, "duration")))
        }
        None => regain_go_format::duration::parse(text)
            .map(|ms| ms.saturating_mul(NANOSECONDS_PER_MS))
            .map_err(|_| unreadable(text, "duration")),
    }
}

const fn i64_max() -> f64 {
    i64::MAX as f64
}

/// Seconds in milliseconds, rounded as upstream rounds them.
#[expect(clippy::cast_possible_truncation, reason = "the ends of an i64 stand for what is beyond")]
fn from_seconds(seconds: f64) -> Timestamp {
    if seconds.is_nan() {
        return Timestamp::MIN;
    }
    let whole = (seconds.trunc() * 1000.0) as i64;
    Timestamp(whole.saturating_add((seconds.fract() * 1000.0).round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_as_seconds_and_as_rfc_3339() {
        let cases = [
            ("1435781430.781", Some(1_435_781_430_781)),
            ("1435781430.7819", Some(1_435_781_430_782)),
            ("-1.5", Some(-1500)),
            ("1e3", Some(1_000_000)),
            ("2015-07-01T20:10:30.781Z", Some(1_435_781_430_781)),
            ("2015-07-01T22:10:30.781+02:00", Some(1_435_781_430_781)),
            (TIME_MIN_TEXT, Some(TIME_MIN.0)),
            (TIME_MAX_TEXT, Some(TIME_MAX.0)),
            ("NaN", Some(TIME_MIN.0)),
            ("-Inf", Some(TIME_MIN.0)),
            ("1e300", Some(TIME_MAX.0)),
            ("", None),
            ("abc", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_time(text).map(|time| time.0), expected, "{text}");
        }
    }

    #[test]
    fn reads_durations_as_seconds_and_in_units() {
        let cases = [
            ("15", Ok(15_000_000_000)),
            ("0.0001", Ok(100_000)),
            ("5m", Ok(300_000_000_000)),
            ("-1", Ok(-1_000_000_000)),
            ("NaN", Ok(i64::MIN)),
            ("1e300", Err("cannot parse \"1e300\" to a valid duration. It overflows int64")),
            ("1x", Err("cannot parse \"1x\" to a valid duration")),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_duration_ns(text), expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn whole_numbers_are_refused_in_gos_words() {
        assert_eq!(atoi("-7"), Ok(-7));
        let error = |text| atoi(text).unwrap_err();
        assert_eq!(error("x"), "strconv.Atoi: parsing \"x\": invalid syntax");
        let large = "99999999999999999999";
        assert_eq!(error(large), format!("strconv.Atoi: parsing \"{large}\": value out of range"));
    }

    #[test]
    fn keeps_hostile_parameters_as_text() {
        let params = Params::of_query("match%5B%5D=a%3Cb&q=%22%27+%E2%80%AE&q=second&empty");
        assert_eq!(params.text("match[]"), "a<b");
        assert_eq!(params.text("q"), "\"' \u{202e}");
        assert_eq!(params.texts("q").count(), 2);
        assert_eq!(params.text("empty"), "");
        assert!(params.check().is_ok());
    }

    #[test]
    fn leaves_out_what_it_cannot_read_and_says_so_when_asked() {
        let cases = [
            ("a=1&b=%zz&c=3", "invalid URL escape \"%zz\""),
            ("a=1&b=%4&c=3", "invalid URL escape \"%4\""),
            ("a=1&b=2;d&c=3", "invalid semicolon separator in query"),
        ];
        for (query, why) in cases {
            let params = Params::of_query(query);
            assert_eq!((params.text("a"), params.text("b"), params.text("c")), ("1", "", "3"));
            let error = params.check().unwrap_err().to_string();
            assert_eq!(error, format!("error parsing form values: {why}"));
        }
    }

    #[test]
    fn parameters_beyond_the_most_are_not_kept() {
        let mut query = "a=1&".repeat(PARAMETERS_MAX - 1);
        query.push_str("b=2&c=3");
        let params = Params::of_query(&query);
        assert_eq!((params.text("b"), params.text("c")), ("2", ""));
    }

    #[test]
    fn an_expression_that_is_no_utf_8_is_refused_at_its_place() {
        let params = Params::of_query("query=a%0Ab%FFc&match[]=%FF");
        assert_eq!(params.text("query"), "a\nb\u{fffd}c");
        let error = params.query().unwrap_err().to_string();
        assert_eq!(error, "invalid parameter \"query\": 2:2: parse error: invalid UTF-8 rune");
        let error = params.selectors().unwrap_err().to_string();
        assert_eq!(error, "1:1: parse error: invalid UTF-8 rune");
    }
}
