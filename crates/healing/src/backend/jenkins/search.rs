//! The search for an order that may have been triggered.

use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::Errand;
use super::api::ApiError;
use super::page::{BuildPage, BuildsPage, ItemPage, JobPage, Mark, QueuePage, mark};
use super::place::Place;
use crate::order::Found;

/// Is how far the clocks of this host and of Jenkins may be apart.
const CLOCK_SKEW_MAX: Duration = Duration::from_mins(5);

/// Is what a search saw.
#[derive(Debug)]
struct Sight {
    queue: QueuePage,
    builds: BuildsPage,
    life: Option<String>,
}

impl Errand<'_> {
    pub(super) async fn lookup(&self) -> Found {
        match self.search().await {
            Ok(found) => found,
            Err(error) => Found::unknown(self.explain(&error)),
        }
    }

    async fn search(&self) -> Result<Found, ApiError> {
        let sight = self.look().await?;
        if let Some(found) = self.ours(&sight) {
            return Ok(found);
        }
        let (job, _) = self.api.page::<JobPage>(&self.job_path(), JobPage::TREE).await?;
        let is_marked = self.action.build_token_file.is_some()
            || job.declares(&self.action.execution_id_parameter);
        Ok(if is_marked { self.absent_mark(&sight) } else { self.unmarked(&sight) })
    }

    /// Looks at the queue first and at the builds then: what moves on in between is seen in one of them.
    async fn look(&self) -> Result<Sight, ApiError> {
        let (queue, life) = self.api.page("queue/", &QueuePage::tree()).await?;
        let (builds, _) = self.builds().await?;
        Ok(Sight { queue, builds, life })
    }

    pub(super) async fn builds(&self) -> Result<(BuildsPage, Option<String>), ApiError> {
        self.api.page(&self.job_path(), &BuildsPage::tree()).await
    }

    fn ours(&self, sight: &Sight) -> Option<Found> {
        let is_ours = |actions: &_| mark(actions, self.action, &self.order.id) == Mark::Ours;
        let place = |item, build| Place { item, build, life: sight.life.clone() };
        if let Some(build) = sight.builds.builds.iter().find(|build| is_ours(&build.actions)) {
            let handle = place(build.queue_id, Some(build.number)).handle();
            return Some(match self.outcome(build) {
                Some(outcome) => Found::Done(handle, outcome),
                None => Found::Running(handle),
            });
        }
        let item = sight.queue.items.iter().find(|item| is_ours(&item.actions))?;
        Some(Found::Running(place(Some(item.id), None).handle()))
    }

    /// Says what it means that nothing carries the id: nothing was triggered, unless the build may have
    /// been thrown away already.
    fn absent_mark(&self, sight: &Sight) -> Found {
        let BuildsPage { builds, next_number } = &sight.builds;
        let oldest_is_older = match builds.last() {
            None => next_number.is_some_and(|next| next <= 1),
            Some(oldest) => oldest.number == 1 || !self.may_be_since(oldest),
        };
        if oldest_is_older {
            return Found::Nothing;
        }
        Found::unknown(format!("job {} no longer shows all builds since the trigger", self.job))
    }

    /// Says what can be said of a job whose builds carry no id.
    fn unmarked(&self, sight: &Sight) -> Found {
        let Sight { queue, builds, .. } = sight;
        if queue.items.iter().any(|item| self.is_of_this_job(item)) {
            return Found::unknown(format!(
                "job {} waits in the queue, and without the parameter {} nobody knows for whom",
                self.job, self.action.execution_id_parameter
            ));
        }
        match builds.builds.iter().find(|build| self.may_be_since(build)) {
            Some(build) => Found::unknown(format!(
                "{} may be of this trigger; without the parameter {} nobody knows",
                self.build_name(build.number),
                self.action.execution_id_parameter
            )),
            None => self.absent_mark(sight),
        }
    }

    /// Says whether a build may have begun after the intent, by clocks that differ.
    fn may_be_since(&self, build: &BuildPage) -> bool {
        let began = build.timestamp.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        began.is_none_or(|began| began >= self.order.intended_at - CLOCK_SKEW_MAX)
    }

    /// Compares the end of the address of an item's task, because its root may be wrong.
    pub(super) fn is_of_this_job(&self, item: &ItemPage) -> bool {
        let url = item.task.as_ref().and_then(|task| task.url.as_deref()).unwrap_or_default();
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (url, path) = (decode(url.trim_end_matches('/')), decode(&self.job_path()));
        let path = path.trim_end_matches('/');
        url.strip_suffix(path).is_some_and(|root| root.ends_with('/') && !is_below_folder(root))
    }
}

/// Says whether the root of an address ends within a folder: the job is then another one.
fn is_below_folder(root: &str) -> bool {
    let mut names = root.trim_end_matches('/').rsplit('/');
    names.next();
    names.next() == Some("job")
}
