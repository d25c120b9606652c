//! Log lines as the originals write them: logfmt or JSON, `time level source msg` first.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::io;
use std::panic::PanicHookInfo;
use std::time::Duration;

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::clock;
use crate::flags::{Flag, Kind, Line};

const LEVELS: Kind = Kind::Named(&["debug", "info", "warn", "error"], "unrecognized log level");
const FORMATS: Kind = Kind::Named(&["logfmt", "json"], "unrecognized log format");

/// The flags of every part that writes a log.
pub(crate) static LOG_FLAGS: &[Flag] = &[
    Flag::new(
        "log.level",
        LEVELS,
        "info",
        "The least severe messages to log: debug, info, warn or error.",
    ),
    Flag::new("log.format", FORMATS, "logfmt", "How log lines are laid out: logfmt or json."),
];

/// The same flags for a part that speaks to a person, who should not have to read what runs well.
pub(crate) static QUIET_LOG_FLAGS: &[Flag] =
    &[Flag { default: "warn", ..LOG_FLAGS[0] }, LOG_FLAGS[1]];

/// How a line is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogFormat {
    /// `key=value` pairs.
    Logfmt,
    /// One JSON object a line.
    Json,
}

/// Sends log lines to the standard error stream, as the flags `log.level` and `log.format` say.
pub(crate) fn start(line: &Line) {
    write_to_stderr(level(line), format(line));
}

/// Sends warnings and errors to the standard error stream, for a tool without flags for its log.
pub(crate) fn start_tool() {
    write_to_stderr(LevelFilter::WARN, LogFormat::Logfmt);
}

fn format(line: &Line) -> LogFormat {
    if line.text("log.format") == "json" { LogFormat::Json } else { LogFormat::Logfmt }
}

fn level(line: &Line) -> LevelFilter {
    match line.text("log.level") {
        "debug" => LevelFilter::DEBUG,
        "warn" => LevelFilter::WARN,
        "error" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}

fn write_to_stderr(level: LevelFilter, format: LogFormat) {
    tracing_subscriber::fmt()
        .with_max_level(level)
        .event_format(Lines { format, ours_only: level < LevelFilter::DEBUG })
        .with_writer(io::stderr)
        .init();
    std::panic::set_hook(Box::new(log_panic));
}

/// A panic is a line of the log like any other: it ended one request, one scrape or one query.
fn log_panic(info: &PanicHookInfo<'_>) {
    let at = info.location().map(ToString::to_string).unwrap_or_default();
    let message = info.payload_as_str().unwrap_or("something that is no text");
    let backtrace = Backtrace::capture();
    let backtrace =
        (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(at, err = message, backtrace, "A panic, which is a mistake in this program");
}

struct Lines {
    format: LogFormat,
    /// Libraries speak up at debug level only.
    ours_only: bool,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        if self.ours_only && !metadata.target().starts_with("regain") {
            return Ok(());
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = match *metadata.level() {
            Level::ERROR => "ERROR",
            Level::WARN => "WARN",
            Level::INFO => "INFO",
            _ => "DEBUG",
        };
        let file = metadata.file().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let time = regain_go_format::time::format_rfc3339_ms(clock::now().0).unwrap_or_default();
        let head = [
            ("time", Value::from(time)),
            ("level", Value::from(level)),
            ("source", Value::from(format!("{file}:{}", metadata.line().unwrap_or_default()))),
            ("msg", Value::from(fields.message)),
        ];
        let pairs = head.iter().map(|(key, value)| (*key, value));
        let pairs = pairs.chain(fields.rest.iter().map(|(key, value)| (*key, value)));
        match self.format {
            LogFormat::Logfmt => write_logfmt(&mut writer, pairs),
            LogFormat::Json => write_json(&mut writer, pairs),
        }
    }
}

fn write_logfmt<'a>(
    writer: &mut Writer<'_>,
    pairs: impl Iterator<Item = (&'a str, &'a Value)>,
) -> fmt::Result {
    for (index, (key, value)) in pairs.enumerate() {
        if index > 0 {
            writer.write_char(' ')?;
        }
        writer.write_str(key)?;
        writer.write_char('=')?;
        match value {
            Value::String(text) if is_plain(text) => writer.write_str(text)?,
            Value::String(text) => writer.write_str(&regain_go_format::quote::quote(text))?,
            other => write!(writer, "{other}")?,
        }
    }
    writer.write_char('\n')
}

/// Whether a text needs no quotes around it.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '"' && c != '=';
    !text.is_empty() && text.chars().all(plain)
}

fn write_json<'a>(
    writer: &mut Writer<'_>,
    pairs: impl Iterator<Item = (&'a str, &'a Value)>,
) -> fmt::Result {
    writer.write_char('{')?;
    for (index, (key, value)) in pairs.enumerate() {
        if index > 0 {
            writer.write_char(',')?;
        }
        write!(writer, "{}:{value}", Value::from(key))?;
    }
    writer.write_str("}\n")
}

#[derive(Default)]
struct Fields {
    message: String,
    rest: Vec<(&'static str, Value)>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => self.rest.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::from(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, Value::from(with_sources(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::from(format!("{value:?}")));
    }
}

/// A duration as Go writes it.
pub(crate) fn duration(duration: Duration) -> String {
    let nanos = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    regain_go_format::go_duration::format(nanos)
}

/// An error and what caused it, in one line.
pub(crate) fn with_sources(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
