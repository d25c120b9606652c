//! The file format: `tests/timed/0001-grouping.yaml` shows most of it.

use std::collections::BTreeMap;
use std::path::Path;

use regain_yaml::{Mistakes, Node, Section};

use crate::peer::Version;

/// One file.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) name: String,
    /// What it shows.
    pub(super) about: String,
    /// The first Alertmanager that does it.
    pub(super) since: Version,
    /// Whether only Regain does it.
    pub(super) ours: bool,
    /// The configuration, in which `${NAME}` is the URL of a hook.
    pub(super) config: String,
    /// Further flags.
    pub(super) flags: Vec<String>,
    /// When hooks answer otherwise than with 200.
    pub(super) answers: Vec<Answers>,
    /// What happens, in the order of time.
    pub(super) steps: Vec<Step>,
    /// What must come.
    pub(super) want: Vec<Wanted>,
    /// When it is over.
    pub(super) until: f64,
}

/// Until when a hook answers with a status.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    pub(super) hook: String,
    pub(super) status: u16,
    pub(super) until: f64,
}

/// Something that happens.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) at: f64,
    pub(super) what: What,
}

/// What happens.
#[derive(Debug)]
pub(super) enum What {
    /// Alerts are posted together.
    Alerts(Vec<Alert>),
    /// A silence is created.
    Silence(Silence),
    /// A silence is expired, by its name in the file.
    Expire(String),
    /// The configuration is loaded again.
    Reload,
    /// The process is ended by a signal and started again.
    Restart,
    /// The process is killed and started again.
    Kill,
}

/// An alert that is posted, or one in a notification.
#[derive(Clone, Debug)]
pub(super) struct Alert {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) from: Option<f64>,
    pub(super) to: Option<f64>,
}

/// A silence.
#[derive(Debug)]
pub(super) struct Silence {
    pub(super) name: String,
    pub(super) equal: BTreeMap<String, String>,
    pub(super) regex: BTreeMap<String, String>,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// A notification that must come.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) hook: String,
    /// Not before this.
    pub(super) at: f64,
    /// The reason, where the file names it.
    pub(super) reason: Option<String>,
    pub(super) alerts: Vec<Alert>,
}

impl Scenario {
    /// Reads a file; the error names every mistake with its place.
    pub(super) fn parse(file: &Path, text: &str) -> anyhow::Result<Self> {
        let name = file.display().to_string();
        Ok(regain_yaml::read(file, text, |node, mistakes| {
            Section::read(node, "timed scenario", mistakes, |section| Self::decode(section, name))
        })?)
    }

    fn decode(section: &mut Section<'_>, name: String) -> Self {
        let since: Vec<u32> = section.or_zero("since");
        Self {
            name,
            about: section.required("about").unwrap_or_default(),
            since: since.try_into().unwrap_or(super::OLDEST),
            ours: section.or("ours", false),
            config: section.required("config").unwrap_or_default(),
            flags: section.or_zero("flags"),
            answers: list(section, "answers", |section| Answers {
                hook: section.or_zero("hook"),
                status: section.or("status", 200),
                until: section.or_zero("until"),
            }),
            steps: section.list("steps", step),
            want: list(section, "want", Wanted::decode),
            until: section.required("until").unwrap_or_default(),
        }
    }

    /// The names of the hooks in the configuration.
    pub(super) fn hooks(&self) -> Vec<String> {
        let mut names: Vec<_> = self
            .config
            .split("${")
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name.to_owned())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

fn list<T>(
    section: &mut Section<'_>,
    name: &'static str,
    decode: impl Fn(&mut Section<'_>) -> T,
) -> Vec<T> {
    section
        .list(name, |node: &Node, mistakes: &Mistakes| Section::read(node, name, mistakes, &decode))
}

fn step(node: &Node, mistakes: &Mistakes) -> Option<Step> {
    Section::read(node, "step", mistakes, |section| {
        let at = section.required("at").unwrap_or_default();
        let fire = list(section, "fire", Alert::fired);
        let alerts = list(section, "alerts", Alert::decode);
        let silence = section.section("silence", "silence", Silence::decode);
        let expire: Option<String> = section.optional("expire");
        let what = if let Some(silence) = silence {
            What::Silence(silence)
        } else if let Some(name) = expire {
            What::Expire(name)
        } else if section.or("reload", false) {
            What::Reload
        } else if section.or("restart", false) {
            What::Restart
        } else if section.or("kill", false) {
            What::Kill
        } else {
            What::Alerts(fire.into_iter().chain(alerts).collect())
        };
        Step { at, what }
    })
}

impl Alert {
    /// The short form: nothing but labels.
    fn fired(section: &mut Section<'_>) -> Self {
        Self {
            labels: section.or_zero("labels"),
            annotations: BTreeMap::new(),
            from: None,
            to: None,
        }
    }

    fn decode(section: &mut Section<'_>) -> Self {
        Self {
            annotations: section.or_zero("annotations"),
            from: section.optional("from"),
            to: section.optional("to"),
            ..Self::fired(section)
        }
    }
}

impl Silence {
    fn decode(section: &mut Section<'_>) -> Self {
        Self {
            name: section.required("name").unwrap_or_default(),
            equal: section.or_zero("equal"),
            regex: section.or_zero("regex"),
            from: section.or_zero("from"),
            to: section.or_zero("to"),
        }
    }
}

impl Wanted {
    fn decode(section: &mut Section<'_>) -> Self {
        Self {
            hook: section.or("hook", "hook".to_owned()),
            at: section.required("at").unwrap_or_default(),
            reason: section.optional("reason"),
            alerts: list(section, "alerts", Alert::decode),
        }
    }
}
