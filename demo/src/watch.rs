//! Looks at everything again and again, and puts what is new on the timeline.

use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::stage::{Application, Stage};
use crate::timeline::Timeline;

/// How often to look.
const LOOK: Duration = Duration::from_millis(100);

/// The stages that every act has.
pub(crate) const COMMON: [&str; 6] =
    ["died", "pending", "firing", "notified", "unit active", "resolved"];
/// The stages of a remediation.
pub(crate) const HEALING: [&str; 2] = ["healing started", "verified"];

/// What an act looks at.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    pub(crate) application: &'a Application,
    pub(crate) stage: &'a Stage,
    /// Whether the server heals.
    pub(crate) heals: bool,
    messages: usize,
    runs: Vec<(String, String)>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(application: &'a Application, stage: &'a Stage, heals: bool) -> Self {
        Self { application, stage, heals, messages: 0, runs: Vec::new() }
    }

    /// Looks until `done` or until the timeline is `until_s` old; `more` looks at what only one act has.
    pub(crate) fn look(
        &mut self,
        timeline: &mut Timeline,
        until_s: f64,
        mut more: impl FnMut(&mut Timeline) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        while timeline.elapsed_s() < until_s {
            self.once(timeline)?;
            if more(timeline)? {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }

    fn once(&mut self, timeline: &mut Timeline) -> anyhow::Result<()> {
        let states = self.stage.alert_states()?;
        if states.iter().any(|state| state == "pending") {
            timeline.reach("pending", "AppDown waits 10 s, in case it is nothing");
        }
        if states.iter().any(|state| state == "firing") {
            timeline.reach("firing", "AppDown");
        }
        if timeline.has("died") && self.application.house.is_active()? {
            timeline.reach("unit active", "app.service runs again");
        }
        if self.heals {
            self.look_at_runs(timeline)?;
        }
        self.look_at_messages(timeline)
    }

    fn look_at_messages(&mut self, timeline: &mut Timeline) -> anyhow::Result<()> {
        let messages = self.stage.messages()?;
        for title in messages.iter().skip(self.messages) {
            let is_resolved = title.to_uppercase().contains("RESOLVED");
            let stage = if is_resolved { "resolved" } else { "notified" };
            if timeline.has(stage) {
                timeline.say(stage, &format!("again: #production: {title}"));
            }
            timeline.reach(stage, &format!("#production: {title}"));
        }
        self.messages = messages.len();
        Ok(())
    }

    fn look_at_runs(&mut self, timeline: &mut Timeline) -> anyhow::Result<()> {
        for run in self.stage.runs()?.iter().rev() {
            let text = |key: &str| run[key].as_str().unwrap_or_default().to_owned();
            let (id, state) = (text("id"), text("state"));
            let is_new = !self.runs.iter().any(|(known, _)| *known == id);
            if is_new {
                let detail = format!("{}: {} ({id})", text("remediation"), text("action"));
                timeline.reach("healing started", &detail);
            }
            let known = self.runs.iter_mut().find(|(known, _)| *known == id);
            match known {
                Some((_, known)) if *known == state => continue,
                Some((_, known)) => known.clone_from(&state),
                None => self.runs.push((id.clone(), state.clone())),
            }
            match state.as_str() {
                "succeeded" => timeline.reach("verified", &detail(run)),
                "triggering" | "queued" | "running" | "verifying" | "scheduled" => {
                    timeline.say("healing", &format!("{state}{}", dash(&detail(run))));
                }
                _ => timeline.say("healing", &format!("{state}: {}", detail(run))),
            }
        }
        Ok(())
    }

    /// How many runs there were.
    pub(crate) fn runs(&self) -> usize {
        self.runs.len()
    }
}

fn detail(run: &Value) -> String {
    run["detail"].as_str().unwrap_or_default().to_owned()
}

fn dash(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(" - {detail}") }
}
