//! The routing tree: which receivers hear of an alert, and in which groups.
//!
//! Keys, ids and group keys are upstream's byte for byte: the group key stands in payloads, and receivers
//! recognise a group by it.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use regain_go_format::quote::append_quote;
use regain_model::{Labels, Matcher};

use crate::matcher;
use crate::settings::RouteSettings;

pub use crate::settings::GroupBy;

/// How long a new group waits where no route says.
pub const DEFAULT_GROUP_WAIT: Duration = Duration::from_secs(30);
/// How long a group waits between notifications where no route says.
pub const DEFAULT_GROUP_INTERVAL: Duration = Duration::from_mins(5);
/// After how long a notification is repeated where no route says.
pub const DEFAULT_REPEAT_INTERVAL: Duration = Duration::from_hours(4);

/// A routing tree.
#[derive(Clone, Debug)]
pub struct RouteTree {
    root: Arc<Route>,
}

impl RouteTree {
    /// Builds the tree under `root`.
    pub fn new(root: &RouteSettings) -> Self {
        Self { root: Arc::new(Builder::default().route(root, None, None)) }
    }

    /// The node that every alert falls back to.
    pub fn root(&self) -> &Arc<Route> {
        &self.root
    }

    /// The nodes that hear of an alert with `labels`, in the order of the file; never none.
    ///
    /// A node matches through those of its children that do, up to the first that does not let its
    /// siblings go on, and by itself where no child matches.
    pub fn matching(&self, labels: &Labels) -> Vec<Arc<Route>> {
        let mut found = Vec::new();
        collect(&self.root, labels, &mut found);
        found
    }

    /// All nodes, each before its children, in the order of the file.
    pub fn routes(&self) -> Vec<&Arc<Route>> {
        let mut all = vec![&self.root];
        let mut next = 0;
        while let Some(route) = all.get(next).copied() {
            next += 1;
            all.splice(next..next, &route.children);
        }
        all
    }
}

/// Adds what matches at or under `route`; says whether anything did.
fn collect(route: &Arc<Route>, labels: &Labels, found: &mut Vec<Arc<Route>>) -> bool {
    if !matcher::all_match(&route.matchers, labels) {
        return false;
    }
    let mut by_child = false;
    for child in &route.children {
        if collect(child, labels, found) {
            by_child = true;
            if !child.continue_matching {
                break;
            }
        }
    }
    if !by_child {
        found.push(Arc::clone(route));
    }
    true
}

/// A node of the routing tree.
#[derive(Debug)]
pub struct Route {
    key: String,
    id: String,
    index: usize,
    /// What holds for alerts that end up here.
    pub options: RouteOptions,
    /// What an alert must fulfil, sorted.
    pub matchers: Vec<Matcher>,
    /// Whether siblings further down are tried after this node has matched.
    pub continue_matching: bool,
    /// The children, in the order of the file.
    pub children: Vec<Arc<Self>>,
}

/// What holds for alerts that end up in a node, with what it inherits.
#[derive(Clone, Debug)]
pub struct RouteOptions {
    /// The name of the receiver.
    pub receiver: Arc<str>,
    /// What alerts are grouped by.
    pub group_by: GroupBy,
    /// How long a new group waits before its first notification.
    pub group_wait: Duration,
    /// How long a group waits between two notifications.
    pub group_interval: Duration,
    /// After how long a notification is repeated.
    pub repeat_interval: Duration,
    /// The names of the intervals in which nothing is notified.
    pub mute_time_intervals: Vec<Arc<str>>,
    /// The names of the intervals outside of which nothing is notified.
    pub active_time_intervals: Vec<Arc<str>>,
    /// The labels of this node and all above it; the values are templates.
    pub labels: Labels,
}

impl Route {
    /// The matchers on the way from the root; two nodes may have the same key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key with the position among its siblings at each step; no two nodes have the same id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The number of the node where children count before their parents: from zero, the root is last.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The labels by which an alert with `labels` is put into a group of this node.
    pub fn group_labels(&self, labels: &Labels) -> Labels {
        match &self.options.group_by {
            GroupBy::All => labels.clone(),
            GroupBy::Labels(names) => {
                let present = |name: &String| Some((name.clone(), labels.get(name)?.to_owned()));
                Labels::from_pairs(names.iter().filter_map(present))
            }
        }
    }

    /// The key of the group of this node that has `group_labels`: `{}/{severity="critical"}:{job="a"}`.
    pub fn group_key(&self, group_labels: &Labels) -> String {
        let mut key = self.key.clone();
        key.push_str(":{");
        for (index, (name, value)) in group_labels.iter().enumerate() {
            if index > 0 {
                key.push_str(", ");
            }
            key.push_str(name);
            key.push('=');
            append_quote(&mut key, value);
        }
        key.push('}');
        key
    }
}

#[derive(Default)]
struct Builder {
    next_index: usize,
}

impl Builder {
    /// Builds a node; `parent` is above it, and it is child number `position` there.
    fn route(
        &mut self,
        settings: &RouteSettings,
        parent: Option<&Route>,
        position: Option<usize>,
    ) -> Route {
        let mut matchers = settings.matchers.clone();
        matcher::sort(&mut matchers);
        let own = matcher::format_all(&matchers);
        let (mut key, mut id) = (own.clone(), own);
        if let Some(parent) = parent {
            key = format!("{}/{key}", parent.key);
            id = format!("{}/{id}", parent.id);
        }
        if let Some(position) = position {
            write!(id, "/{position}").expect("writing to a text does not fail");
        }
        let mut route = Route {
            key,
            id,
            index: 0,
            options: options(settings, parent.map(|parent| &parent.options)),
            matchers,
            continue_matching: settings.continue_matching,
            children: Vec::new(),
        };
        route.children = settings
            .routes
            .iter()
            .enumerate()
            .map(|(position, child)| Arc::new(self.route(child, Some(&route), Some(position))))
            .collect();
        route.index = self.next_index;
        self.next_index += 1;
        route
    }
}

fn options(own: &RouteSettings, parent: Option<&RouteOptions>) -> RouteOptions {
    let inherited = |own: Option<Duration>, of: fn(&RouteOptions) -> Duration, default| {
        own.or_else(|| parent.map(of)).unwrap_or(default)
    };
    let receiver = own.receiver.clone().or_else(|| Some(Arc::clone(&parent?.receiver)));
    let group_by = own.group_by.clone().or_else(|| Some(parent?.group_by.clone()));
    RouteOptions {
        receiver: receiver.unwrap_or_default(),
        group_by: group_by.unwrap_or_else(|| GroupBy::Labels(Arc::default())),
        group_wait: inherited(own.group_wait, |up| up.group_wait, DEFAULT_GROUP_WAIT),
        group_interval: inherited(
            own.group_interval,
            |up| up.group_interval,
            DEFAULT_GROUP_INTERVAL,
        ),
        repeat_interval: inherited(
            own.repeat_interval,
            |up| up.repeat_interval,
            DEFAULT_REPEAT_INTERVAL,
        ),
        mute_time_intervals: own.mute_time_intervals.clone(),
        active_time_intervals: own.active_time_intervals.clone(),
        labels: merged_labels(&own.labels, parent),
    }
}

/// The labels of a node over those of its parent.
fn merged_labels(own: &BTreeMap<String, String>, parent: Option<&RouteOptions>) -> Labels {
    let inherited = parent.into_iter().flat_map(|parent| parent.labels.iter());
    let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Labels::from_pairs(inherited.chain(own))
}
