//! `promtool query`: asks a server and prints the answer.

use std::process::ExitCode;
use std::time::Duration;

use regain_go_format::format_float;
use tokio::runtime::Runtime;

use super::print::{self, Format};
use super::times::{TimeError, now, time_of};
use crate::api_client::answer::{Answer, LabelSet};
use crate::api_client::{AskError, HTTP_CONFIG, Parameters, Server};
use crate::flags::Line;
use crate::{exit, runtime};

/// Where no times are given, series and labels are looked for this far into past and future.
const ALL_TIMES: Duration = Duration::from_hours(9999);
/// The range of a range query that names none.
const DEFAULT_RANGE_S: f64 = 5.0 * 60.0;
/// The steps of a range query that names no step, about.
const DEFAULT_STEPS: f64 = 250.0;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum QueryError {
    /// A time cannot be read.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// The range has no length.
    #[error("start time is not before end time")]
    EmptyRange,
    /// The server cannot be asked.
    #[error("error creating API client: {0}")]
    Client(#[source] AskError),
    /// The server did not answer with data.
    #[error("query error: {0}")]
    Ask(#[from] AskError),
    /// The runtime cannot be built.
    #[error(transparent)]
    Runtime(#[from] std::io::Error),
}

/// Runs `query instant`, `range`, `series` or `labels`.
pub(super) fn main(line: &Line) -> ExitCode {
    match run(line) {
        Ok(text) => exit::page(&text),
        Err(error) => {
            exit::complain(&error.to_string());
            exit::FAILURE
        }
    }
}

fn run(line: &Line) -> Result<String, QueryError> {
    let format = if line.text("format") == "json" { Format::Json } else { Format::Promql };
    let headers = if line.commands.last().is_some_and(|name| matches!(*name, "instant" | "range")) {
        line.texts("header")
    } else {
        &[]
    };
    let server = Server::new(&line.arguments[0], line.text(HTTP_CONFIG.name));
    let server = server.and_then(|server| server.with_headers(headers));
    let server = server.map_err(QueryError::Client)?;
    let runtime = runtime::build(1)?;
    match line.commands.last().copied() {
        Some("instant") => instant(line, &server, &runtime, format),
        Some("range") => range(line, &server, &runtime, format),
        Some("series") => series(line, &server, &runtime, format),
        _ => labels(line, &server, &runtime, format),
    }
}

fn instant(
    line: &Line,
    server: &Server,
    runtime: &Runtime,
    format: Format,
) -> Result<String, QueryError> {
    let time = time_of(line, "time", "evaluation")?.unwrap_or_else(now);
    let parameters: Parameters<'_> =
        vec![("query", line.arguments[1].clone()), ("time", format_float(time))];
    let path = ["api", "v1", "query"];
    let (answer, _): (Answer, _) = runtime.block_on(server.post(&path, &parameters))?;
    Ok(print::answer(answer, format))
}

fn range(
    line: &Line,
    server: &Server,
    runtime: &Runtime,
    format: Format,
) -> Result<String, QueryError> {
    let end = time_of(line, "end", "end")?.unwrap_or_else(now);
    let start = time_of(line, "start", "start")?.unwrap_or(end - DEFAULT_RANGE_S);
    if start >= end {
        return Err(QueryError::EmptyRange);
    }
    let given = Duration::from_nanos(u64::try_from(line.nanos("step")).unwrap_or_default());
    let step = if given.is_zero() {
        ((end - start) / DEFAULT_STEPS).floor().max(1.0)
    } else {
        given.as_secs_f64()
    };
    let parameters: Parameters<'_> = vec![
        ("query", line.arguments[1].clone()),
        ("start", format_float(start)),
        ("end", format_float(end)),
        ("step", format_float(step)),
    ];
    let path = ["api", "v1", "query_range"];
    let (answer, _): (Answer, _) = runtime.block_on(server.post(&path, &parameters))?;
    Ok(print::answer(answer, format))
}

fn series(
    line: &Line,
    server: &Server,
    runtime: &Runtime,
    format: Format,
) -> Result<String, QueryError> {
    let parameters = look_up(line)?;
    let path = ["api", "v1", "series"];
    let (sets, _): (Option<Vec<LabelSet>>, _) =
        runtime.block_on(server.post(&path, &parameters))?;
    Ok(print::series(&sets.unwrap_or_default(), format))
}

fn labels(
    line: &Line,
    server: &Server,
    runtime: &Runtime,
    format: Format,
) -> Result<String, QueryError> {
    let parameters = look_up(line)?;
    let path = ["api", "v1", "label", line.arguments[1].as_str(), "values"];
    let answer = runtime.block_on(server.get(&path, &parameters));
    let (values, warnings): (Option<Vec<String>>, _) = answer?;
    for warning in warnings {
        exit::complain(&format!("query warning: {warning}"));
    }
    Ok(print::label_values(&values.unwrap_or_default(), format))
}

/// The parameters of a look-up of series or labels.
fn look_up(line: &Line) -> Result<Parameters<'static>, QueryError> {
    let start = time_of(line, "start", "start")?;
    let end = time_of(line, "end", "end")?;
    let all = ALL_TIMES.as_secs_f64();
    let matchers = line.texts("match").iter().map(|matcher| ("match[]", matcher.clone()));
    let mut parameters: Parameters<'static> = matchers.collect();
    parameters.push(("start", format_float(start.unwrap_or_else(|| now() - all))));
    parameters.push(("end", format_float(end.unwrap_or_else(|| now() + all))));
    Ok(parameters)
}
