//! Healing asks a server over HTTP.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use regain_go_format::format_float;
use regain_healing::{Ask, AskError};
use regain_model::Labels;

use crate::api_client::answer::{Answer, LabelSet, Number, Point};
use crate::api_client::{AskError as RequestError, Server};

/// Asks the API of a server.
#[derive(Debug)]
pub(super) struct ServerAsk(Server);

impl ServerAsk {
    pub(super) fn new(server: Server) -> Self {
        Self(server)
    }
}

impl Ask for ServerAsk {
    fn ask<'a>(
        &'a self,
        expr: &'a str,
        time: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<(Labels, Timestamp, f64)>, AskError>> {
        async move {
            let seconds = time.as_duration().as_secs_f64();
            let parameters = vec![("query", expr.to_owned()), ("time", format_float(seconds))];
            let (answer, _) =
                self.0.post(&["api", "v1", "query"], &parameters).await.map_err(unanswered)?;
            samples(answer)
        }
        .boxed()
    }
}

fn unanswered(error: RequestError) -> AskError {
    match error {
        RequestError::Refused { text, .. } => AskError::Failed { why: text },
        other => AskError::Unreachable { why: other.to_string() },
    }
}

fn samples(answer: Answer) -> Result<Vec<(Labels, Timestamp, f64)>, AskError> {
    let sample = |labels: Labels, Point(seconds, Number(value)): Point<Number>| {
        #[expect(clippy::cast_possible_truncation, reason = "out of range saturates")]
        let millis = (seconds * 1000.0).round() as i64;
        let time = Timestamp::from_millisecond(millis)
            .map_err(|_| AskError::Failed { why: format!("there is no time {seconds}") })?;
        Ok((labels, time, value))
    };
    match answer {
        Answer::Vector(samples) => samples
            .into_iter()
            .map(|one| match one.value {
                Some(value) => sample(labels(&one.metric), value),
                None => Err(AskError::Failed { why: "a histogram is no number".to_owned() }),
            })
            .collect(),
        Answer::Scalar(point) => Ok(vec![sample(Labels::empty(), point)?]),
        Answer::Matrix(_) | Answer::String(_) => {
            Err(AskError::Failed { why: "the query must give numbers at one time".to_owned() })
        }
    }
}

fn labels(set: &LabelSet) -> Labels {
    Labels::from_pairs(set.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}
