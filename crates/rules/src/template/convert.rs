//! Numbers from whatever a template has at hand.

use jiff::Timestamp;
use regain_go_format::number::parse_float;
use regain_go_format::quote::quote;
use regain_go_template::{FunctionError, Time, Value};

const NANOS_PER_SECOND: f64 = 1e9;

/// Returns the number that a value is, or that its text is; a duration is its seconds.
pub(super) fn to_float(value: &Value) -> Result<f64, FunctionError> {
    match value {
        Value::Float(number) => Ok(*number),
        Value::Int(number) => Ok(*number as f64),
        Value::Duration(duration_ns) => Ok(*duration_ns as f64 / NANOS_PER_SECOND),
        Value::String(text) => parse_float(text.as_bytes()).ok_or_else(|| {
            let text = quote(text);
            FunctionError::new(format!("strconv.ParseFloat: parsing {text}: invalid syntax"))
        }),
        other => {
            let name = match other {
                Value::Nil => "<nil>".into(),
                other => other.type_name(),
            };
            Err(FunctionError::new(format!("can't convert {name} to float")))
        }
    }
}

/// Returns the point in time so many seconds after the Unix epoch, to the millisecond.
pub(super) fn to_time(seconds: f64) -> Result<Time, FunctionError> {
    if !seconds.is_finite() {
        return Err(FunctionError::new("value is NaN or Inf"));
    }
    let nanos = seconds * NANOS_PER_SECOND;
    if nanos > i64::MAX as f64 || nanos < i64::MIN as f64 {
        let mut text = Vec::new();
        regain_go_format::float::append_float_g(&mut text, seconds);
        let text = String::from_utf8_lossy(&text);
        return Err(FunctionError::new(format!(
            "{text} cannot be represented as a nanoseconds timestamp since it overflows int64"
        )));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
    let millis = nanos as i64 / 1_000_000;
    Timestamp::from_millisecond(millis)
        .map(Time::utc)
        .map_err(|error| FunctionError::new(error.to_string()))
}
