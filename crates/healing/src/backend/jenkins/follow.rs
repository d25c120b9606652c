//! The way from a queue item to the result of its build.

use super::Errand;
use super::api::ApiError;
use super::page::{BuildPage, ItemPage, Mark, mark};
use super::place::Place;
use crate::order::{Found, Handle, Outcome, Progress, UnstableIs};

impl Errand<'_> {
    pub(super) async fn poll(&self, handle: &Handle) -> Progress {
        let Some(place) = Place::read(handle) else {
            return Progress::Lost { why: format!("{handle:?} names nothing at a Jenkins") };
        };
        match self.follow(&place).await {
            Ok(progress) => progress,
            Err(error) => Progress::Unreachable { why: self.explain(&error) },
        }
    }

    async fn follow(&self, place: &Place) -> Result<Progress, ApiError> {
        if let Some(number) = place.build {
            return self.follow_build(place, number).await;
        }
        let Some(item) = place.item else { return self.reconcile(place).await };
        let path = format!("queue/item/{item}/");
        let page = match self.api.page::<ItemPage>(&path, &ItemPage::tree()).await {
            Ok((page, life)) if self.is_ours(&page, place, life.as_deref()) => page,
            // After a restart the number may be another item's.
            Ok(_) => return self.reconcile(place).await,
            Err(error) if error.is_not_found() => return self.reconcile(place).await,
            Err(error) => return Err(error),
        };
        if page.cancelled {
            return Ok(Progress::Done(Outcome::failed("somebody cancelled it in Jenkins' queue")));
        }
        match page.executable {
            Some(executable) => {
                self.follow_build(&place.with_build(executable.number), executable.number).await
            }
            None => Ok(Progress::Queued {
                handle: place.handle(),
                why: page.why.unwrap_or_else(|| "waiting in the queue".to_owned()),
            }),
        }
    }

    async fn follow_build(&self, place: &Place, number: u32) -> Result<Progress, ApiError> {
        let path = self.build_path(number);
        match self.api.page::<BuildPage>(&path, &BuildPage::tree()).await {
            Ok((build, _)) => Ok(self.progress(place, &build)),
            Err(error) if error.is_not_found() => Ok(Progress::Lost {
                why: format!("{} was deleted before its result was read", self.build_name(number)),
            }),
            Err(error) => Err(error),
        }
    }

    /// Finds an item again that Jenkins does not know any more: by the number that it had in the queue,
    /// and by the id of the order.
    async fn reconcile(&self, place: &Place) -> Result<Progress, ApiError> {
        let (page, life) = self.builds().await?;
        let carries = |build: &&BuildPage| {
            let found = mark(&build.actions, self.action, &self.order.id);
            let same_life = place.life == life;
            let same_item = place.item.is_some() && build.queue_id == place.item;
            // Numbers may begin anew after a restart; an id never does.
            found == Mark::Ours || same_item && same_life && found == Mark::None
        };
        if let Some(build) = page.builds.iter().find(carries) {
            return Ok(self.progress(&place.with_build(build.number), build));
        }
        match self.lookup().await {
            Found::Running(handle) if Place::read(&handle).is_some_and(|found| found != *place) => {
                let why = "found again after a restart of Jenkins".to_owned();
                Ok(Progress::Queued { handle, why })
            }
            Found::Done(_, outcome) => Ok(Progress::Done(outcome)),
            Found::Running(_) | Found::Nothing | Found::Unknown { .. } => Ok(Progress::Lost {
                why: format!("Jenkins forgot {place} of job {} and shows no build of it", self.job),
            }),
        }
    }

    /// Says whether the item with the right number is the right item.
    fn is_ours(&self, item: &ItemPage, place: &Place, life: Option<&str>) -> bool {
        match mark(&item.actions, self.action, &self.order.id) {
            Mark::Ours => true,
            Mark::Foreign => false,
            Mark::None => place.life.as_deref() == life && self.is_of_this_job(item),
        }
    }

    fn progress(&self, place: &Place, build: &BuildPage) -> Progress {
        match self.outcome(build) {
            Some(outcome) => Progress::Done(outcome),
            None => Progress::Running {
                handle: place.with_build(build.number).handle(),
                note: self.build_name(build.number),
            },
        }
    }

    /// Returns what a build is taken for, once it is over.
    pub(super) fn outcome(&self, build: &BuildPage) -> Option<Outcome> {
        Some(match (build.ended()?, self.action.unstable) {
            ("SUCCESS", _) | ("UNSTABLE", UnstableIs::Success) => Outcome::Succeeded,
            (result, _) => {
                Outcome::failed(format!("{} ended as {result}", self.build_name(build.number)))
            }
        })
    }
}
