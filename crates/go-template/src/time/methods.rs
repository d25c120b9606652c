//! The methods of times and durations.

use std::borrow::Cow;

use jiff::{Span, Timestamp};
use regain_go_format::go_duration;
use regain_go_format::time::layout::{month_name, weekday_name};

use super::{Time, zero_instant};
use crate::error::FunctionError;
use crate::function::{Function, Type};
use crate::value::{Object, Value};

const SECOND_NS: i64 = 1_000_000_000;

/// An integer type with names for its values: `time.Month`, `time.Weekday`.
#[derive(Debug)]
struct Named {
    type_name: &'static str,
    number: i64,
    name: &'static str,
}

impl Object for Named {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.type_name)
    }

    fn underlying(&self) -> Option<Value> {
        Some(Value::Int(self.number))
    }

    fn string(&self) -> Option<String> {
        Some(self.name.to_owned())
    }

    fn method(&self, name: &str) -> Option<Function> {
        let text = self.name;
        (name == "String").then(|| constant(Value::from(text)))
    }
}

fn constant(value: Value) -> Function {
    Function::new(&[], move |_| Ok(value.clone()))
}

/// The method of a time.
pub(crate) fn time_method(time: &Time, name: &str) -> Option<Function> {
    let civil = || time.moment().civil;
    let number = |number: i64| Some(constant(Value::Int(number)));
    match name {
        "Year" => number(i64::from(civil().year())),
        "Month" => Some(constant(month(civil().month()))),
        "Day" => number(i64::from(civil().day())),
        "Hour" => number(i64::from(civil().hour())),
        "Minute" => number(i64::from(civil().minute())),
        "Second" => number(i64::from(civil().second())),
        "Nanosecond" => number(i64::from(civil().subsec_nanosecond())),
        "YearDay" => number(i64::from(civil().day_of_year())),
        "Weekday" => Some(constant(weekday(civil().weekday().to_sunday_zero_offset()))),
        "Unix" => number(floor(time.instant, SECOND_NS)),
        "UnixMilli" => number(floor(time.instant, 1_000_000)),
        "UnixMicro" => number(floor(time.instant, 1_000)),
        "UnixNano" => number(floor(time.instant, 1)),
        "IsZero" => Some(constant(Value::Bool(time.is_zero()))),
        "IsDST" => {
            let is_dst = time.zone.to_offset_info(time.instant).dst().is_dst();
            Some(constant(Value::Bool(is_dst)))
        }
        "UTC" | "Local" => Some(constant(Time::utc(time.instant).into())),
        "String" => Some(constant(Value::from(time.to_string()))),
        _ => time_method_with_arguments(time, name),
    }
}

fn time_method_with_arguments(time: &Time, name: &str) -> Option<Function> {
    let time = time.clone();
    match name {
        "Format" => Some(Function::new(&[Type::String], move |arguments| {
            let layout = arguments.first().and_then(Value::as_str).unwrap_or_default();
            Ok(Value::from(time.format(layout)))
        })),
        "Add" => Some(with_duration(move |duration_ns| time.plus(duration_ns).into())),
        "Round" => Some(with_duration(move |unit_ns| time.rounded(unit_ns, true).into())),
        "Truncate" => Some(with_duration(move |unit_ns| time.rounded(unit_ns, false).into())),
        "AddDate" => Some(Function::new(&[Type::Int, Type::Int, Type::Int], move |arguments| {
            let part = |index| match arguments.get(index) {
                Some(Value::Int(number)) => *number,
                _ => 0,
            };
            time.plus_date(part(0), part(1), part(2)).map(Value::from)
        })),
        "Sub" => Some(with_time(move |other| Value::Duration(time.since(other)))),
        "After" => Some(with_time(move |other| Value::Bool(time.instant > other.instant))),
        "Before" => Some(with_time(move |other| Value::Bool(time.instant < other.instant))),
        "Equal" => Some(with_time(move |other| Value::Bool(time.instant == other.instant))),
        "Compare" => Some(with_time(move |other| {
            Value::Int(match time.instant.cmp(&other.instant) {
                std::cmp::Ordering::Less => -1,
                std::cmp::Ordering::Equal => 0,
                std::cmp::Ordering::Greater => 1,
            })
        })),
        _ => None,
    }
}

/// The method of a duration in nanoseconds.
pub(crate) fn duration_method(duration_ns: i64, name: &str) -> Option<Function> {
    let float = |unit_ns: i64| {
        // Whole units and the rest apart, as Go divides, so that nothing is lost in between.
        let whole = duration_ns / unit_ns;
        let rest = duration_ns % unit_ns;
        Some(constant(Value::Float(whole as f64 + rest as f64 / unit_ns as f64)))
    };
    match name {
        "Seconds" => float(SECOND_NS),
        "Minutes" => float(60 * SECOND_NS),
        "Hours" => float(3_600 * SECOND_NS),
        "Milliseconds" => Some(constant(Value::Int(duration_ns / 1_000_000))),
        "Microseconds" => Some(constant(Value::Int(duration_ns / 1_000))),
        "Nanoseconds" => Some(constant(Value::Int(duration_ns))),
        "Abs" => Some(constant(Value::Duration(duration_ns.saturating_abs()))),
        "String" => Some(constant(Value::from(go_duration::format(duration_ns)))),
        "Truncate" => Some(with_duration(move |unit_ns| {
            let rest = if unit_ns <= 0 { 0 } else { duration_ns % unit_ns };
            Value::Duration(duration_ns - rest)
        })),
        "Round" => Some(with_duration(move |unit_ns| Value::Duration(round(duration_ns, unit_ns)))),
        _ => None,
    }
}

/// Rounds half away from zero; what does not fit stays at the end of the range.
fn round(duration_ns: i64, unit_ns: i64) -> i64 {
    if unit_ns <= 0 {
        return duration_ns;
    }
    let (duration, unit) = (i128::from(duration_ns), i128::from(unit_ns));
    let rest = duration % unit;
    let down = duration - rest;
    let rounded = if rest.abs() * 2 < unit { down } else { down + unit * rest.signum() };
    i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
}

fn with_duration(run: impl Fn(i64) -> Value + Send + Sync + 'static) -> Function {
    Function::new(&[Type::Duration], move |arguments| match arguments {
        [Value::Duration(duration_ns)] => Ok(run(*duration_ns)),
        _ => Err(FunctionError::new("expected a duration")),
    })
}

fn with_time(run: impl Fn(&Time) -> Value + Send + Sync + 'static) -> Function {
    Function::new(&[Type::Time], move |arguments| match arguments {
        [Value::Time(other)] => Ok(run(other)),
        _ => Err(FunctionError::new("expected a time")),
    })
}

fn month(month: i8) -> Value {
    let number = i64::from(month);
    Value::object(Named { type_name: "time.Month", number, name: month_name(month) })
}

fn weekday(weekday: i8) -> Value {
    let number = i64::from(weekday);
    Value::object(Named { type_name: "time.Weekday", number, name: weekday_name(weekday) })
}

/// The whole units since 1970, towards the past.
fn floor(instant: Timestamp, unit_ns: i64) -> i64 {
    let units = instant.as_nanosecond().div_euclid(i128::from(unit_ns));
    i64::try_from(units).unwrap_or(if units < 0 { i64::MIN } else { i64::MAX })
}

impl Time {
    /// The time at a multiple of the unit since Go's zero time, down or to the nearer one.
    fn rounded(&self, unit_ns: i64, nearest: bool) -> Self {
        if unit_ns <= 0 {
            return self.clone();
        }
        let since_zero = self.instant.as_nanosecond() - zero_instant().as_nanosecond();
        let rest = since_zero.rem_euclid(i128::from(unit_ns));
        let up = nearest && rest * 2 >= i128::from(unit_ns);
        let step = if up { i128::from(unit_ns) - rest } else { -rest };
        self.plus(i64::try_from(step).unwrap_or(0))
    }

    /// The time that many calendar years, months and days later, by the clock of its zone.
    fn plus_date(&self, years: i64, months: i64, days: i64) -> Result<Self, FunctionError> {
        let out_of_range = |_| FunctionError::new("time out of range");
        let months = years.saturating_mul(12).saturating_add(months);
        let civil = self.moment().civil;
        // Go lets a day that the month lacks run over into the next month, so the days are added last.
        let first = civil.date().first_of_month();
        let first = first.checked_add(Span::new().try_months(months).map_err(out_of_range)?);
        let days = days.saturating_add(i64::from(civil.day()) - 1);
        let days = Span::new().try_days(days).map_err(out_of_range)?;
        let date = first.and_then(|first| first.checked_add(days)).map_err(out_of_range)?;
        let zoned = date.to_datetime(civil.time()).to_zoned(self.zone.clone());
        let instant = zoned.map_err(out_of_range)?.timestamp();
        Ok(Self { instant, zone: self.zone.clone() })
    }
}
