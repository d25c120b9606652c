//! What carries orders out: systemd, commands, HTTP requests and Jenkins.
//!
//! [`Backends`] looks at an order's action and hands it to the one that is meant. Nothing here decides
//! whether something should be done; everything here takes care that it is done at most once.
//!
//! Invariants: nothing of an alert reaches a shell, a scheme, a host or a header; redirects are never
//! followed; a login goes to the configured origin only; every body that comes back has a limit.

mod command;
mod http;
mod jenkins;
mod systemd;

mod log_text;
mod mark;
mod request;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use regain_storage::fs::Fs;
use tokio_util::task::TaskTracker;

use self::command::Commands;
use self::http::Https;
use self::jenkins::Jenkinses;
use self::mark::Marks;
use self::systemd::Systemds;
use crate::order::{Action, Backend, Cancelled, Found, Handle, Order, Progress, Triggered};

/// Says what the backends need of the process.
#[derive(Clone, Debug)]
pub struct BackendOptions {
    /// The variables of the process, for `proxy_from_environment` alone.
    pub environment: BTreeMap<String, String>,
    /// The files of the process.
    pub fs: Arc<dyn Fs>,
    /// The directory of the marks that orders leave; nobody else writes there.
    pub directory: PathBuf,
    /// What waits for running commands at the end of the process.
    pub tasks: TaskTracker,
}

/// Carries out orders of every kind.
#[derive(Debug)]
pub struct Backends {
    commands: Commands,
    https: Https,
    jenkinses: Jenkinses,
    systemds: Systemds,
}

impl Backends {
    /// Makes the backends. Nothing is opened before the first order.
    pub fn new(options: BackendOptions) -> Self {
        let BackendOptions { environment, fs, directory, tasks } = options;
        let marks = Arc::new(Marks::new(fs, directory));
        Self {
            commands: Commands::new(Arc::clone(&marks), tasks),
            https: Https::new(Arc::clone(&marks), environment.clone()),
            jenkinses: Jenkinses::new(environment),
            systemds: Systemds::new(marks),
        }
    }
}

impl Backend for Backends {
    fn trigger<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Triggered> {
        match &*order.action {
            Action::Systemd(action) => self.systemds.trigger(order, action).boxed(),
            Action::Command(action) => async { self.commands.trigger(order, action) }.boxed(),
            Action::Http(action) => self.https.trigger(order, action).boxed(),
            Action::Jenkins(action) => self.jenkinses.trigger(order, action).boxed(),
        }
    }

    fn lookup<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Found> {
        match &*order.action {
            Action::Systemd(action) => self.systemds.lookup(order, action).boxed(),
            Action::Command(_) => std::future::ready(self.commands.lookup(order)).boxed(),
            Action::Http(action) => std::future::ready(self.https.lookup(order, action)).boxed(),
            Action::Jenkins(action) => self.jenkinses.lookup(order, action).boxed(),
        }
    }

    fn poll<'a>(&'a self, order: &'a Order, handle: &'a Handle) -> BoxFuture<'a, Progress> {
        match &*order.action {
            Action::Systemd(action) => self.systemds.poll(order, action, handle).boxed(),
            Action::Command(_) => std::future::ready(self.commands.poll(order)).boxed(),
            Action::Http(_) => std::future::ready(self.https.poll(order)).boxed(),
            Action::Jenkins(action) => self.jenkinses.poll(order, action, handle).boxed(),
        }
    }

    fn cancel<'a>(&'a self, order: &'a Order, handle: &'a Handle) -> BoxFuture<'a, Cancelled> {
        match &*order.action {
            Action::Systemd(action) => self.systemds.cancel(order, action, handle).boxed(),
            Action::Command(action) => self.commands.cancel(order, action).boxed(),
            Action::Http(_) => std::future::ready(self.https.cancel(order)).boxed(),
            Action::Jenkins(action) => self.jenkinses.cancel(order, action, handle).boxed(),
        }
    }

    fn log<'a>(&'a self, order: &'a Order, handle: &'a Handle) -> BoxFuture<'a, Option<String>> {
        match &*order.action {
            Action::Systemd(_) | Action::Http(_) => std::future::ready(None).boxed(),
            Action::Command(_) => std::future::ready(self.commands.log(order)).boxed(),
            Action::Jenkins(action) => self.jenkinses.log(order, action, handle).boxed(),
        }
    }

    fn link(&self, order: &Order, handle: &Handle) -> Option<String> {
        match &*order.action {
            Action::Systemd(_) | Action::Command(_) | Action::Http(_) => None,
            Action::Jenkins(action) => jenkins::link(order, action, handle),
        }
    }
}
