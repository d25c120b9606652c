//! From an `alertmanager.yml` to the settings of alerting.
//!
//! What Alertmanager 0.34 accepts is accepted, what it refuses is refused with its words and the place.
//! Receivers other than webhooks and Slack are read and listed as unbuilt, and so are `tracing` and
//! `event_recorder`.

mod context;

mod global;

mod inhibit;
mod matchers;
mod route;
mod time_interval;

mod receiver;
mod slack;
mod webhook;

mod other_receivers;
mod outputs;

mod loaded;

pub use context::Warning;
pub use loaded::{Loaded, TemplateFile, load_alertmanager_file, load_alertmanager_text};

use std::path::Path;
use std::sync::Arc;

use regain_alerting::settings::Settings;
use regain_discovery::join_dir;
use regain_yaml::{Kind, Node, Section, emit};

use crate::config::FilePattern;
use crate::marshal::{Fields, texts};
use crate::value::texts as located_texts;
use context::Context;
use global::Global;
use inhibit::InhibitRule;
use receiver::Receiver;
use route::Route;
use time_interval::{IntervalList, Intervals};

/// A file as it is written, with defaults and with what receivers inherit.
#[derive(Clone, Debug)]
struct AlertmanagerFile {
    global: Global,
    route: Route,
    inhibit_rules: Vec<InhibitRule>,
    receivers: Vec<Receiver>,
    templates: Vec<FilePattern>,
    mute_time_intervals: Vec<Intervals>,
    time_intervals: Vec<Intervals>,
}

impl AlertmanagerFile {
    fn decode(node: &Node, context: &Context<'_>) -> Option<Self> {
        if node.is_null() {
            context.mistakes.rule(node.span, "no route provided in config");
            return None;
        }
        let read = |section: &mut Section<'_>| Self::decode_keys(section, context);
        Section::read(node, "config.plain", context.mistakes, read).flatten()
    }

    fn decode_keys(section: &mut Section<'_>, context: &Context<'_>) -> Option<Self> {
        let global = Global::decode(section.field("global"), section.at(), context);
        let is_list = |node: &Node| node.is_null() || matches!(node.kind, Kind::List(_));
        let has_receivers = section.peek("receivers").is_none_or(is_list);
        let receivers = receiver::decode_list(section, &global, context);
        let mute = IntervalList::Mute.decode(section, context);
        let time = IntervalList::Time.decode(section, context);
        let names = time_interval::check_unique(&mute, &time, context);
        let route = section.field("route").filter(|node| !node.is_null());
        if route.is_none() {
            section.rule("route", "no routes provided");
        }
        let route = route.and_then(|node| Route::decode(node, context));
        if let Some(route) = &route {
            route.check_root(context);
            if has_receivers {
                route.check_receivers(&receivers, context);
            }
            route.check_intervals(&names, context);
        }
        let inhibit_rules =
            section.list("inhibit_rules", |node, _| InhibitRule::decode(node, context));
        let templates = located_texts(section, "templates");
        for (key, schema) in
            [("tracing", &outputs::TRACING), ("event_recorder", &outputs::RECORDER)]
        {
            outputs::decode(section, key, schema);
        }
        Some(Self {
            global,
            route: route?,
            inhibit_rules,
            receivers,
            templates: templates
                .into_iter()
                .map(|(at, pattern)| FilePattern { pattern, at })
                .collect(),
            mute_time_intervals: mute,
            time_intervals: time,
        })
    }

    /// Makes relative paths of clients and templates relative to `dir`. The files with secrets of
    /// receivers stay relative to the directory of the process, as they are upstream.
    fn set_directory(&mut self, dir: &Path) {
        self.global.set_directory(dir);
        for receiver in &mut self.receivers {
            receiver.set_directory(dir);
        }
        for template in &mut self.templates {
            template.pattern = join_dir(dir, &template.pattern);
        }
    }

    /// The file as upstream shows it: with defaults, without secrets.
    fn to_yaml(&self) -> String {
        emit(&Fields::map(|fields| self.write(fields)))
    }

    fn write(&self, fields: &mut Fields) {
        fields.section("global", |fields| self.global.write(fields));
        fields.section("route", |fields| self.route.write(fields));
        fields.sections("inhibit_rules", &self.inhibit_rules, InhibitRule::write);
        fields.sections("receivers", &self.receivers, Receiver::write);
        fields.always("templates", texts(self.templates.iter().map(|one| &one.pattern)));
        IntervalList::Mute.write(&self.mute_time_intervals, fields);
        IntervalList::Time.write(&self.time_intervals, fields);
    }

    fn settings(&self) -> Settings {
        let intervals = self.mute_time_intervals.iter().chain(&self.time_intervals);
        Settings {
            resolve_timeout: self.global.resolve_timeout(),
            route: self.route.settings(),
            inhibit_rules: self.inhibit_rules.iter().map(InhibitRule::settings).collect(),
            receivers: self.receivers.iter().map(Receiver::settings).collect(),
            time_intervals: intervals.map(|one| one.named.clone()).collect(),
            templates: self.templates.iter().map(|one| one.pattern.clone()).collect(),
        }
    }
}

/// The texts of a list that may be absent, shared because many nodes refer to them.
fn shared(texts: &[(regain_yaml::Span, String)]) -> Vec<Arc<str>> {
    texts.iter().map(|(_, text)| Arc::from(text.as_str())).collect()
}
