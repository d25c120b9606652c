//! The referee: Prometheus' own query engine and storage, asked over a pipe, and made-up questions for it.
//!
//! `tests/oracle/README.md` describes the protocol; the types in here are its messages.

mod answer;
pub mod data;
pub mod grammar;
mod question;
mod random;
pub mod tree;

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::Context as _;

use crate::program::{variable_of, workspace};

pub use answer::{Answer, Bucket, Float, Native, Number, Parsed, Series, Stats};
pub use question::{Eval, Load, LoadedSeries, Parse};
pub use random::Random;

/// A running referee.
#[derive(Debug)]
pub struct Oracle {
    child: Child,
    questions: Option<BufWriter<ChildStdin>>,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    /// The program: `$ORACLE`, or the one that `make test` builds; nothing where there is none.
    pub fn find() -> anyhow::Result<Option<PathBuf>> {
        if let Some(named) = variable_of("ORACLE") {
            let path = PathBuf::from(&named);
            anyhow::ensure!(named.is_empty() || path.is_file(), "$ORACLE: no file {named:?}");
            return Ok((!named.is_empty()).then_some(path));
        }
        let built = workspace("target/oracle/oracle");
        Ok(built.is_file().then_some(built))
    }

    /// Starts the program.
    pub fn start(program: &PathBuf) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let questions = child.stdin.take().context("its input is piped")?;
        let answers = child.stdout.take().context("its output is piped")?;
        Ok(Self {
            child,
            questions: Some(BufWriter::new(questions)),
            answers: BufReader::new(answers),
        })
    }

    /// Loads series into a fresh store.
    pub fn load(&mut self, load: &Load) -> anyhow::Result<()> {
        let answer: Answer = self.ask("load", load)?;
        match answer.error {
            Some(error) => anyhow::bail!("the referee does not take the series: {error}"),
            None => Ok(()),
        }
    }

    /// The value of an expression.
    pub fn eval(&mut self, eval: &Eval) -> anyhow::Result<Answer> {
        self.ask("eval", eval)
    }

    /// What the parser says of an expression.
    pub fn parse(&mut self, parse: &Parse) -> anyhow::Result<Parsed> {
        self.ask("parse", parse)
    }

    fn ask<Q: serde::Serialize, A: serde::de::DeserializeOwned>(
        &mut self,
        kind: &str,
        question: &Q,
    ) -> anyhow::Result<A> {
        let questions = self.questions.as_mut().context("the referee has been ended")?;
        serde_json::to_writer(&mut *questions, &serde_json::json!({ kind: question }))?;
        questions.write_all(b"\n")?;
        questions.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        anyhow::ensure!(!line.is_empty(), "the referee has ended");
        serde_json::from_str(&line).with_context(|| format!("not understood: {line}"))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // At the end of its input the referee removes its store and ends.
        self.questions = None;
        self.child.wait().expect("nobody else waits for it");
    }
}
