//! The servers that are compared: how each is started and asked.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

use crate::http::{Connection, encode};
use crate::process::{Running, wait_for};

const START_LIMIT: Duration = Duration::from_secs(120);

/// One kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This project.
    Regain,
    /// `$PROMETHEUS`.
    Prometheus,
    /// `$VICTORIAMETRICS`.
    VictoriaMetrics,
}

impl Kind {
    /// All kinds, ours first.
    pub(crate) const ALL: [Self; 3] = [Self::Regain, Self::Prometheus, Self::VictoriaMetrics];

    /// The program's file: from the environment, from the build, or from Debian's packages.
    pub(crate) fn program(self) -> Option<PathBuf> {
        let (variable, default) = match self {
            Self::Regain => ("REGAIN", "target/release/regain"),
            Self::Prometheus => ("PROMETHEUS", "target/peers/usr/bin/prometheus"),
            Self::VictoriaMetrics => ("VICTORIAMETRICS", "target/peers/usr/bin/victoria-metrics"),
        };
        let path = variable_or(variable, default);
        Path::new(&path).exists().then(|| PathBuf::from(path))
    }

    /// The name with the version that the program prints.
    pub(crate) fn title(self) -> String {
        let name = match self {
            Self::Regain => "Regain",
            Self::Prometheus => "Prometheus",
            Self::VictoriaMetrics => "VictoriaMetrics",
        };
        let option = if self == Self::VictoriaMetrics { "-version" } else { "--version" };
        let output = self.program().and_then(|path| Command::new(path).arg(option).output().ok());
        let text = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let is_version = |word: &&str| {
            word.starts_with(|c: char| c.is_ascii_digit()) && word.matches('.').count() == 2
        };
        let words = text.split(|c: char| !c.is_ascii_digit() && c != '.');
        let version = words.map(|word| word.trim_matches('.')).find(is_version);
        format!("{name} {}", version.unwrap_or("(no version)"))
    }

    fn arguments(self, dir: &Path, port: u16, config: Option<&Path>) -> Vec<String> {
        let data = dir.join("data").display().to_string();
        let config = config.map(|path| path.display().to_string());
        match self {
            Self::VictoriaMetrics => {
                let mut arguments = vec![
                    format!("-storageDataPath={data}"),
                    format!("-httpListenAddr=127.0.0.1:{port}"),
                    "-search.latencyOffset=0s".into(),
                    "-search.disableCache".into(),
                    "-loggerLevel=ERROR".into(),
                ];
                arguments.extend(config.map(|path| format!("-promscrape.config={path}")));
                arguments
            }
            Self::Prometheus | Self::Regain => {
                let mut arguments = vec![
                    format!("--storage.tsdb.path={data}"),
                    format!("--web.listen-address=127.0.0.1:{port}"),
                    "--web.enable-remote-write-receiver".into(),
                    "--log.level=error".into(),
                ];
                if self == Self::Regain {
                    arguments.insert(0, "server".into());
                }
                arguments.extend(config.map(|path| format!("--config.file={path}")));
                arguments
            }
        }
    }
}

/// An environment variable or, without it, a default.
#[expect(clippy::disallowed_methods, reason = "the benchmark's settings come from its environment")]
pub(crate) fn variable_or(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// A number from the environment or, without it, a default.
pub(crate) fn number_or(name: &str, default: u64) -> anyhow::Result<u64> {
    let text = variable_or(name, &default.to_string());
    text.parse().with_context(|| format!("{name} is not a number: {text}"))
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its process.
    pub(crate) process: Running,
    /// Its port.
    pub(crate) port: u16,
    dir: PathBuf,
    config: Option<PathBuf>,
}

impl Server {
    /// Starts a server with its data in `dir` and waits until it answers.
    pub(crate) fn start(kind: Kind, dir: &Path, config: Option<&Path>) -> anyhow::Result<Self> {
        let program = kind.program().with_context(|| format!("{kind:?}: no program"))?;
        // The peers cannot be told to choose a port, so a free one is looked up for them.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        fs::create_dir_all(dir)?;
        let log = fs::File::create(dir.join("log"))?;
        let child = Command::new(program)
            .args(kind.arguments(dir, port, config))
            .current_dir(dir)
            .stdout(log.try_clone()?)
            .stderr(Stdio::from(log))
            .spawn()?;
        let server = Self {
            kind,
            process: Running(child),
            port,
            dir: dir.to_path_buf(),
            config: config.map(Path::to_path_buf),
        };
        wait_for(&format!("{kind:?} to be ready"), START_LIMIT, || {
            let path = if kind == Kind::VictoriaMetrics { "/health" } else { "/-/ready" };
            let answer = Connection::open(port).and_then(|mut server| server.get(path)).ok()?;
            (answer.status == 200).then_some(())
        })?;
        Ok(server)
    }

    /// Kills it and starts it again on the same data; returns it with the milliseconds from start
    /// until `query` had a result.
    pub(crate) fn crash_and_restart(mut self, query: &str) -> anyhow::Result<(Self, f64)> {
        self.process.kill()?;
        let start = std::time::Instant::now();
        let (kind, dir, config) = (self.kind, self.dir.clone(), self.config.clone());
        drop(self);
        let server = Self::start(kind, &dir, config.as_deref())?;
        wait_for("an answer after the restart", START_LIMIT, || {
            server.result_len(query).ok().filter(|len| *len > 0)
        })?;
        Ok((server, start.elapsed().as_secs_f64() * 1000.0))
    }

    /// How many series `query` answers with.
    pub(crate) fn result_len(&self, query: &str) -> anyhow::Result<usize> {
        let mut connection = Connection::open(self.port)?;
        let answer = connection.get(&format!("/api/v1/query?query={}", encode(query)))?;
        let json: serde_json::Value = serde_json::from_slice(&answer.body)?;
        Ok(json["data"]["result"].as_array().map_or(0, Vec::len))
    }

    /// The value of a query with one result.
    pub(crate) fn number(&self, query: &str) -> anyhow::Result<f64> {
        let mut connection = Connection::open(self.port)?;
        let answer = connection.get(&format!("/api/v1/query?query={}", encode(query)))?;
        let json: serde_json::Value = serde_json::from_slice(&answer.body)?;
        let value = json["data"]["result"][0]["value"][1].as_str();
        Ok(value.with_context(|| format!("{query}: {json}"))?.parse()?)
    }

    /// The directory of its data.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }
}
