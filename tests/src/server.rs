//! Servers that speak Prometheus' HTTP API: how each is started, asked, killed and started again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::http::{Answer, Connection, encode};
use crate::port::free_port;
use crate::process::{Running, wait_for, write_file};
use crate::program::Program;

const START_LIMIT: Duration = Duration::from_mins(2);
/// How often to look for another port when somebody took the one that was free.
const PORT_TRIES: usize = 5;
/// How much of a log an error shows.
const LOG_LINES: usize = 5;

/// What a server is started with, again and again.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What to start.
    pub program: Program,
    /// The directory of its data, its configuration and its log.
    pub dir: PathBuf,
    /// The text of its configuration file.
    pub config: String,
    /// More flags.
    pub flags: Vec<String>,
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    /// Its process.
    pub process: Running,
    /// Its port.
    pub port: u16,
    /// What it was started with.
    pub setup: Setup,
}

impl Setup {
    /// A server with its data in `dir` and nothing to scrape.
    pub fn new(program: Program, dir: &Path) -> Self {
        let (dir, config) = (dir.to_path_buf(), "global: {}\n".to_owned());
        Self { program, dir, config, flags: Vec::new() }
    }

    /// The same with a configuration.
    #[must_use]
    pub fn config(self, config: impl Into<String>) -> Self {
        Self { config: config.into(), ..self }
    }

    /// The same with one more flag.
    #[must_use]
    pub fn flag(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// The directory of the data.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The file that holds what the server wrote since its last start.
    pub fn log_file(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// Starts the server on a port of the caller's choice and waits until it says that it is ready.
    pub fn start_on(self, port: u16) -> anyhow::Result<Server> {
        self.write_config()?;
        let mut process = self.spawn(port)?;
        let (is_ready, name) = (self.wait_until_ready(&mut process, port)?, self.program.name());
        anyhow::ensure!(is_ready, "{name}: the port {port} was taken by somebody else");
        Ok(Server { process, port, setup: self })
    }

    fn write_config(&self) -> anyhow::Result<()> {
        fs::create_dir_all(&self.dir)?;
        write_file(&self.dir.join("config.yml"), &self.config)
    }

    /// Starts the server and waits until it says that it is ready.
    pub fn start(self) -> anyhow::Result<Server> {
        self.write_config()?;
        for _ in 0..PORT_TRIES {
            // The peers cannot be told to choose a port, so a free one is looked up for them.
            let port = free_port()?;
            let mut process = self.spawn(port)?;
            if self.wait_until_ready(&mut process, port)? {
                return Ok(Server { process, port, setup: self });
            }
        }
        bail!("{}: every port was taken by somebody else", self.program.name())
    }

    fn spawn(&self, port: u16) -> anyhow::Result<Running> {
        let log = fs::File::create(self.log_file())?;
        let child = self
            .program
            .command()?
            .args(self.arguments(port))
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("start {}", self.program.name()))?;
        Ok(Running::new(child))
    }

    fn arguments(&self, port: u16) -> Vec<String> {
        let data = self.data_dir().display().to_string();
        let mut arguments: Vec<String> = match self.program {
            Program::VictoriaMetrics => vec![
                format!("-storageDataPath={data}"),
                format!("-httpListenAddr=127.0.0.1:{port}"),
                "-promscrape.config=config.yml".into(),
                "-search.latencyOffset=0s".into(),
                "-search.disableCache".into(),
                "-loggerLevel=ERROR".into(),
            ],
            Program::RegainNode | Program::NodeExporter => {
                vec![format!("--web.listen-address=127.0.0.1:{port}")]
            }
            Program::RegainAlertmanager | Program::Alertmanager => vec![
                format!("--storage.path={data}"),
                format!("--web.listen-address=127.0.0.1:{port}"),
                "--config.file=config.yml".into(),
                "--cluster.listen-address=".into(),
                "--log.level=warn".into(),
            ],
            Program::Prometheus | Program::Regain => vec![
                format!("--storage.tsdb.path={data}"),
                format!("--web.listen-address=127.0.0.1:{port}"),
                "--config.file=config.yml".into(),
                "--web.enable-remote-write-receiver".into(),
                "--log.level=warn".into(),
            ],
        };
        match self.program {
            Program::Regain => arguments.insert(0, "server".into()),
            Program::RegainNode => arguments.insert(0, "node".into()),
            Program::RegainAlertmanager => arguments.insert(0, "alertmanager".into()),
            Program::Prometheus
            | Program::VictoriaMetrics
            | Program::NodeExporter
            | Program::Alertmanager => {}
        }
        arguments.extend(self.flags.iter().cloned());
        arguments
    }

    /// Whether the server got ready; false when its port was taken.
    fn wait_until_ready(&self, process: &mut Running, port: u16) -> anyhow::Result<bool> {
        let prefix = self.flags.iter().find_map(|flag| flag.strip_prefix("--web.route-prefix="));
        let path = match self.program {
            Program::VictoriaMetrics => "/health".to_owned(),
            Program::RegainNode | Program::NodeExporter => "/".to_owned(),
            Program::Prometheus
            | Program::Regain
            | Program::Alertmanager
            | Program::RegainAlertmanager => format!("{}/-/ready", prefix.unwrap_or_default()),
        };
        let name = self.program.name();
        wait_for(&format!("{name} to be ready"), START_LIMIT, || {
            if process.has_ended()? {
                let log = fs::read_to_string(self.log_file())?;
                anyhow::ensure!(
                    log.contains("address already in use"),
                    "{name} ended at once:\n{}",
                    tail(&log)
                );
                return Ok(Some(false));
            }
            let answer = Connection::open(port).and_then(|mut server| server.get(&path));
            // One that asks for a login is as ready as it can be known.
            let is_ready = answer.is_ok_and(|answer| matches!(answer.status, 200 | 401));
            Ok(is_ready.then_some(true))
        })
    }
}

impl Server {
    /// A new connection to it.
    pub fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.port)
    }

    /// Its answer to a GET request on a connection of its own.
    pub fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.connect()?.get(path)
    }

    /// The `data` of a successful answer of the API.
    pub fn data(&self, path: &str) -> anyhow::Result<Value> {
        let mut json = self.get(path)?.json()?;
        anyhow::ensure!(json["status"] == "success", "{path}: {json}");
        Ok(json["data"].take())
    }

    /// The results of an instant query, now or at a time in seconds.
    pub fn query(&self, expression: &str, at_s: Option<f64>) -> anyhow::Result<Vec<Value>> {
        let time = at_s.map(|at| format!("&time={at:.3}")).unwrap_or_default();
        let data = self.data(&format!("/api/v1/query?query={}{time}", encode(expression)))?;
        Ok(data["result"].as_array().cloned().unwrap_or_default())
    }

    /// The value of a query's only result; nothing where it has none.
    pub fn number(&self, expression: &str) -> anyhow::Result<Option<f64>> {
        let results = self.query(expression, None)?;
        let Some(first) = results.first() else { return Ok(None) };
        let text = first["value"][1].as_str().with_context(|| format!("{expression}: {first}"))?;
        Ok(Some(text.parse()?))
    }

    /// Asks it to end, waits until it has, and returns what it takes to start it again.
    pub fn stop(mut self) -> anyhow::Result<Setup> {
        self.process.terminate()?;
        Ok(self.setup)
    }

    /// Kills it at once, as a crash would, and returns what it takes to start it again.
    pub fn kill(mut self) -> anyhow::Result<Setup> {
        self.process.kill()?;
        Ok(self.setup)
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}
