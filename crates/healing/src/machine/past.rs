//! What the ended runs of each remediation add up to.

use hashbrown::HashMap;
use regain_model::Labels;

use super::Machine;
use super::run::State;
use super::steady::elapsed;
use crate::settings::Mode;

/// What the ended runs of one remediation add up to, as far back as limits remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Past {
    /// The runs that have healed.
    pub(crate) succeeded: usize,
    /// The runs that have not.
    pub(crate) failed: usize,
    /// For each limit, the runs that the target with the most of them has used.
    pub(crate) used: Vec<u32>,
}

impl Machine {
    /// Adds up the ended runs of all remediations, in the order of the settings. There may be many thousands of
    /// runs, and this is asked after each event: they are walked once.
    pub(crate) fn pasts(&self) -> Vec<Past> {
        let list = &self.settings.list;
        let places: HashMap<&str, usize> =
            list.iter().enumerate().map(|(place, one)| (&*one.name, place)).collect();
        let nothing = |limits: usize| Past { succeeded: 0, failed: 0, used: vec![0; limits] };
        let mut pasts: Vec<Past> = list.iter().map(|one| nothing(one.limits.max.len())).collect();
        let mut used: HashMap<(usize, usize, &Labels), u32> = HashMap::new();
        for tally in self.tallies.iter().filter(|tally| tally.acted) {
            let Some(&place) = places.get(&*tally.remediation) else { continue };
            let (remediation, past) = (&list[place], &mut pasts[place]);
            if tally.mode == Mode::Auto {
                past.succeeded += usize::from(tally.state == State::Succeeded);
                past.failed += usize::from(tally.state.is_failure());
            }
            if tally.mode != remediation.mode {
                continue;
            }
            let age = elapsed(tally.started, self.now.steady);
            for (index, limit) in remediation.limits.max.iter().enumerate() {
                if age < limit.per {
                    let own = used.entry((place, index, &tally.target)).or_default();
                    *own += 1;
                    past.used[index] = past.used[index].max(*own);
                }
            }
        }
        pasts
    }
}
