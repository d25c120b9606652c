//! The end of an order that somebody wants to end: out of the queue, or from kind to forceful.

use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, sleep};

use super::Errand;
use super::api::ApiError;
use super::page::{BuildPage, ItemPage};
use super::place::Place;
use crate::order::{Cancelled, Handle, Progress};

/// Is how often a build is looked at that was asked to stop.
const LOOK: Duration = Duration::from_millis(100);
/// Are the ways to stop a build, each stronger than the one before. Only pipelines know the last two.
const WAYS: [&str; 3] = ["stop", "term", "kill"];
/// Is how a build ends that was stopped.
const ABORTED: &str = "ABORTED";

impl Errand<'_> {
    pub(super) async fn cancel(&self, handle: &Handle) -> Cancelled {
        let Some(place) = Place::read(handle) else {
            return Cancelled::Unknown { why: format!("{handle:?} names nothing at a Jenkins") };
        };
        match self.end(&place).await {
            Ok(cancelled) => cancelled,
            Err(error) => Cancelled::Unknown { why: self.explain(&error) },
        }
    }

    async fn end(&self, place: &Place) -> Result<Cancelled, ApiError> {
        if let (None, Some(item)) = (place.build, place.item)
            && self.take_out(item).await?
        {
            return Ok(Cancelled::Stopped);
        }
        match self.poll(&place.handle()).await {
            Progress::Running { handle, .. } => {
                match Place::read(&handle).and_then(|at| at.build) {
                    Some(number) => self.stop(number).await,
                    None => Ok(Cancelled::Unknown { why: "the build has no number".to_owned() }),
                }
            }
            Progress::Done(outcome) => Ok(Cancelled::Ended(outcome)),
            Progress::Queued { why, .. }
            | Progress::Unreachable { why }
            | Progress::Lost { why } => Ok(Cancelled::Unknown { why }),
        }
    }

    /// Takes an item out of the queue; says whether it never came to a build.
    async fn take_out(&self, item: u64) -> Result<bool, ApiError> {
        match self.api.post("queue/cancelItem", &[("id", &item.to_string())]).await {
            Ok(_) => {}
            // It left the queue before, one way or the other.
            Err(error) if error.is_not_found() || is_too_late(&error) => {}
            Err(error) => return Err(error),
        }
        match self.api.page::<ItemPage>(&format!("queue/item/{item}/"), &ItemPage::tree()).await {
            Ok((page, _)) => Ok(page.cancelled),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn stop(&self, number: u32) -> Result<Cancelled, ApiError> {
        let path = self.build_path(number);
        for way in WAYS {
            match self.api.post(&format!("{path}{way}"), &[]).await {
                Ok(_) => {}
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(error),
            }
            let until = Instant::now() + self.action.server.stop_grace;
            loop {
                let (build, _) = self.api.page::<BuildPage>(&path, &BuildPage::tree()).await?;
                match (build.ended(), self.outcome(&build)) {
                    (Some(ABORTED), _) => return Ok(Cancelled::Stopped),
                    (Some(_), Some(outcome)) => return Ok(Cancelled::Ended(outcome)),
                    _ if Instant::now() >= until => break,
                    _ => sleep(LOOK).await,
                }
            }
        }
        Ok(Cancelled::Unknown { why: format!("{} does not stop", self.build_name(number)) })
    }
}

/// Says whether `cancelItem` answered that the item cannot be cancelled any more.
fn is_too_late(error: &ApiError) -> bool {
    error.status() == Some(StatusCode::INTERNAL_SERVER_ERROR)
}
