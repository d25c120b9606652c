//! Memory for the scrape that is under way.
//!
//! A body and its row are needed from the answer's head to the commit, a few milliseconds of an interval, so that all
//! targets of a process get along with as many workspaces as there are scrapes at one moment.

use std::sync::{Mutex, PoisonError};

use regain_http::client::Contents;

use crate::row::Row;

/// Bounds how many unused workspaces are kept.
const IDLE_MAX: usize = 8;
/// Bounds the body that a kept workspace may hold, in bytes.
const BODY_KEPT_MAX: usize = 4 << 20;

/// Holds a body and the row that is made of it.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) body: Contents,
    pub(crate) row: Row,
}

/// Keeps workspaces between scrapes.
#[derive(Debug, Default)]
pub(crate) struct Workspaces(Mutex<Vec<Workspace>>);

impl Workspaces {
    /// Returns an empty workspace.
    pub(crate) fn take(&self) -> Workspace {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_default()
    }

    /// Takes a workspace back.
    pub(crate) fn give(&self, mut workspace: Workspace) {
        if workspace.body.kept_bytes() > BODY_KEPT_MAX {
            return;
        }
        workspace.body.clear();
        workspace.row.clear();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < IDLE_MAX {
            kept.push(workspace);
        }
    }
}
