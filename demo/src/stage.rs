//! What runs on the stage of an act: the application, the exporter, the server and the chat.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use regain_tests::hook::{Hook, Posted};
use regain_tests::port::free_port;
use regain_tests::process::{wait_for, write_file};
use regain_tests::program::{Program, workspace};
use regain_tests::server::{Server, Setup};
use serde_json::Value;

use crate::house::House;

const START_LIMIT: Duration = Duration::from_mins(1);
/// How much of the server's log is shown when an act fails.
const LOG_LINES: usize = 20;
/// The unit whose death the demo is about.
pub(crate) const UNIT: &str = "app.service";
/// Whether the unit is active, as the exporter says.
const UNIT_STATE: &str = r#"node_systemd_unit_state{name="app.service",state="active"}"#;

/// The house with the application in it, which both acts share.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) house: House,
    port: u16,
}

impl Application {
    /// Starts systemd and the application as a unit of it.
    pub(crate) fn start(dir: &Path, python: &Path) -> anyhow::Result<Self> {
        let (app, port) = (workspace("demo/app/app.py"), free_port()?);
        let command = format!("{} {} --port={port}", python.display(), app.display());
        let text =
            format!("[Unit]\nDescription=Handles parcels\n\n[Service]\nExecStart={command}\n");
        let house = House::build(dir, UNIT, &text)?;
        house.start_unit()?;
        Ok(Self { house, port })
    }
}

/// Everything that watches the application in one act.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) chat: Hook,
    _node: Server,
}

impl Stage {
    /// Starts what watches, with the files of an act below `demo`; `fill` names what stands in them as `${…}`.
    pub(crate) fn start(
        application: &Application,
        dir: &Path,
        files: &[&str],
        fill: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let chat = Hook::serve(|_| 200)?;
        let node = Setup::new(Program::RegainNode, &dir.join("node"))
            .flag("--collector.disable-defaults")
            .flag("--collector.systemd")
            .flag("--collector.systemd.unit-include=app\\.service")
            .start()?;
        let server_port = free_port()?;
        let mut fill: Vec<(&str, String)> = fill.to_vec();
        fill.extend([
            ("server", server_port.to_string()),
            ("node", node.port.to_string()),
            ("app", application.port.to_string()),
            ("slack", port_of(&chat)?),
        ]);
        let home = dir.join("server");
        fs::create_dir_all(&home)?;
        for file in files {
            let text = filled(file, &fill)?;
            let name = Path::new(file).file_name().context("a file has a name")?;
            write_file(&home.join(name), &text)?;
        }
        let setup = Setup::new(Program::Regain, &home)
            .config(filled("prometheus.yml", &fill)?)
            .flag("--regain.config.file=regain.yml")
            .flag("--web.enable-lifecycle");
        let server = setup.start_on(server_port)?;
        let stage = Self { server, chat, _node: node };
        stage.wait_until_calm()?;
        Ok(stage)
    }

    /// What the server complained about, for when an act fails.
    pub(crate) fn complaints(&self) -> String {
        let log = fs::read_to_string(self.server.setup.log_file()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(LOG_LINES).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Waits until everything is scraped and the unit is seen to be active.
    fn wait_until_calm(&self) -> anyhow::Result<()> {
        wait_for("all targets to be up", START_LIMIT, || {
            let up = self.server.number("count(up == 1)")?;
            let active = self.server.number(UNIT_STATE)?;
            Ok((up == Some(3.0) && active == Some(1.0)).then_some(()))
        })
    }

    /// The states of the alerts that exist.
    pub(crate) fn alert_states(&self) -> anyhow::Result<Vec<String>> {
        let data = self.server.data("/api/v1/alerts")?;
        let alerts = data["alerts"].as_array().cloned().unwrap_or_default();
        let state = |alert: &Value| alert["state"].as_str().unwrap_or_default().to_owned();
        Ok(alerts.iter().map(state).collect())
    }

    /// The runs of remediations, the newest first.
    pub(crate) fn runs(&self) -> anyhow::Result<Vec<Value>> {
        let data = self.server.data("/api/v1/regain/healing")?;
        Ok(data["runs"].as_array().cloned().unwrap_or_default())
    }

    /// The titles of the messages in the chat, in their order.
    pub(crate) fn messages(&self) -> anyhow::Result<Vec<String>> {
        self.chat.posted().iter().map(title).collect()
    }
}

fn title(posted: &Posted) -> anyhow::Result<String> {
    let json = posted.json()?;
    Ok(json["attachments"][0]["title"].as_str().unwrap_or_default().to_owned())
}

/// The text of a file of the demo with everything filled in.
fn filled(file: &str, fill: &[(&str, String)]) -> anyhow::Result<String> {
    let path: PathBuf = workspace("demo").join(file);
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    Ok(fill.iter().fold(text, |text, (name, value)| text.replace(&format!("${{{name}}}"), value)))
}

fn port_of(hook: &Hook) -> anyhow::Result<String> {
    let address = hook.address();
    let (_, port) = address.rsplit_once(':').context("an address ends with a port")?;
    Ok(port.to_owned())
}
