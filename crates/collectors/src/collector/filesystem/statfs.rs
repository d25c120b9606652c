//! statfs(2) on threads that may be left behind.
//!
//! Invariant: a mount point has at most one call under way, however often it is asked for.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::mounts::Mount;
use crate::error::CollectError;
use crate::pool::Pool;
use crate::roots::Roots;

/// Bounds the threads that dead mounts may hold; mounts beyond it wait in the queue and time out.
const MAX_STUCK_THREADS: usize = 32;
/// Is how long a waiter sees no progress before it asks for another thread.
const STALL: Duration = Duration::from_millis(50);
const TIMEOUT_TEXT: &str = "mountpoint timeout";

/// Is the space of one file system.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Space {
    pub(super) size_bytes: f64,
    pub(super) free_bytes: f64,
    pub(super) available_bytes: f64,
    pub(super) files: f64,
    pub(super) files_free: f64,
}

/// Is what a mount answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    Space(Space),
    Failed(String),
    /// Is a mount that has not answered in time, now or in an earlier scrape.
    Hangs,
}

impl Answer {
    pub(super) fn space(&self) -> Option<&Space> {
        match self {
            Self::Space(space) => Some(space),
            Self::Failed(_) | Self::Hangs => None,
        }
    }

    pub(super) fn error(&self) -> &str {
        match self {
            Self::Space(_) => "",
            Self::Failed(error) => error,
            Self::Hangs => TIMEOUT_TEXT,
        }
    }
}

/// Asks mounts for their space.
#[derive(Debug)]
pub(super) struct StatPool {
    pool: Pool,
    under_way: Arc<Mutex<BTreeSet<String>>>,
}

impl StatPool {
    pub(super) fn new(workers: usize) -> Self {
        let workers = workers.max(1);
        Self {
            pool: Pool::new("statfs", workers, workers.saturating_add(MAX_STUCK_THREADS)),
            under_way: Arc::default(),
        }
    }

    /// Asks every mount and waits for the answers until `until`; gives one answer per mount.
    pub(super) fn ask(
        &self,
        roots: &Roots,
        mounts: &[Mount],
        until: Instant,
    ) -> Result<Vec<Answer>, CollectError> {
        self.ask_with(mounts, until, |mount| {
            let path = roots.host(&mount.point);
            Box::new(move || stat(&path))
        })
    }

    fn ask_with(
        &self,
        mounts: &[Mount],
        until: Instant,
        call: impl Fn(&Mount) -> Box<dyn FnOnce() -> Answer + Send>,
    ) -> Result<Vec<Answer>, CollectError> {
        let mut answers = vec![Answer::Hangs; mounts.len()];
        let (sender, receiver) = mpsc::channel();
        // The same mount point may be listed twice; the later mount hides the earlier one, so one call
        // answers for both.
        let mut asked: Vec<(usize, Vec<usize>)> = Vec::new();
        for (index, mount) in mounts.iter().enumerate() {
            let twin = asked.iter_mut().find(|(first, _)| mounts[*first].point == mount.point);
            if let Some((_, twins)) = twin {
                twins.push(index);
                continue;
            }
            if !lock(&self.under_way).insert(mount.point.clone()) {
                continue;
            }
            let (call, sender) = (call(mount), sender.clone());
            let (under_way, point) = (Arc::clone(&self.under_way), mount.point.clone());
            let position = asked.len();
            let submitted = self.pool.submit(Box::new(move || {
                let answer = call();
                lock(&under_way).remove(&point);
                // Nobody may be waiting any more; then the answer only ends the hanging.
                drop(sender.send((position, answer)));
            }));
            if let Err(source) = submitted {
                lock(&self.under_way).remove(&mount.point);
                return Err(CollectError::Thread { source });
            }
            asked.push((index, Vec::new()));
        }
        drop(sender);
        self.wait(&receiver, until, asked.len(), |position, answer| {
            let (first, twins) = &asked[position];
            for twin in twins {
                answers[*twin] = answer.clone();
            }
            answers[*first] = answer;
        });
        Ok(answers)
    }

    fn wait(
        &self,
        receiver: &mpsc::Receiver<(usize, Answer)>,
        until: Instant,
        mut missing: usize,
        mut store: impl FnMut(usize, Answer),
    ) {
        while missing > 0 {
            let left = until.saturating_duration_since(Instant::now());
            match receiver.recv_timeout(left.min(STALL)) {
                Ok((position, answer)) => {
                    store(position, answer);
                    missing -= 1;
                }
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return,
                Err(RecvTimeoutError::Timeout) => self.pool.relieve(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

fn lock(under_way: &Mutex<BTreeSet<String>>) -> MutexGuard<'_, BTreeSet<String>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stat(path: &PathBuf) -> Answer {
    match rustix::fs::statfs(path) {
        Ok(stat) => {
            let block_bytes = stat.f_bsize as f64;
            Answer::Space(Space {
                size_bytes: stat.f_blocks as f64 * block_bytes,
                free_bytes: stat.f_bfree as f64 * block_bytes,
                available_bytes: stat.f_bavail as f64 * block_bytes,
                files: stat.f_files as f64,
                files_free: stat.f_ffree as f64,
            })
        }
        Err(errno) => Answer::Failed(go_text(errno)),
    }
}

/// Words an error as Go does, because the text is the value of a label.
fn go_text(errno: Errno) -> String {
    if errno == Errno::STALE {
        return "stale NFS file handle".to_owned();
    }
    let text = io::Error::from(errno).to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    match (chars.next(), chars.as_str()) {
        // An abbreviation such as "RPC" stays as it is.
        (Some(first), rest) if rest.starts_with(char::is_lowercase) => {
            first.to_lowercase().chain(rest.chars()).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(point: &str) -> Mount {
        Mount {
            device: "d".to_owned(),
            point: point.to_owned(),
            fs_type: "nfs".to_owned(),
            major: 0,
            minor: 1,
            read_only: false,
        }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(120)
    }

    fn late() -> Instant {
        Instant::now() + Duration::from_mins(10)
    }

    #[test]
    fn a_dead_mount_costs_its_own_answer_and_one_thread() {
        let pool = StatPool::new(1);
        let (release, blocked) = mpsc::channel::<()>();
        let blocked = Arc::new(Mutex::new(blocked));
        let mounts = [mount("/dead"), mount("/alive")];
        let calls = Arc::new(Mutex::new(0));
        let call = |mount: &Mount| -> Box<dyn FnOnce() -> Answer + Send> {
            let (blocked, dead) = (Arc::clone(&blocked), mount.point == "/dead");
            let calls = Arc::clone(&calls);
            Box::new(move || {
                if dead {
                    *calls.lock().unwrap() += 1;
                    assert!(blocked.lock().unwrap().recv().is_err());
                }
                Answer::Failed("answered".to_owned())
            })
        };
        let both = vec![Answer::Failed("answered".to_owned()); 2];

        // However often it is asked, the dead mount is called once.
        for _ in 0..3 {
            let answers = pool.ask_with(&mounts[..1], soon(), call).unwrap();
            assert_eq!(answers, [Answer::Hangs]);
        }
        assert_eq!(pool.ask_with(&mounts[1..], late(), call).unwrap()[..], both[..1]);
        assert_eq!(*calls.lock().unwrap(), 1);

        drop(release);
        while lock(&pool.under_way).contains("/dead") {
            std::thread::yield_now();
        }
        assert_eq!(
            pool.ask_with(&mounts, late(), call).unwrap(),
            both,
            "a mount that came back is asked again"
        );
    }

    #[test]
    fn one_call_answers_for_mounts_at_the_same_place() {
        let pool = StatPool::new(2);
        let mounts = [mount("/a"), mount("/a")];
        let answers = pool
            .ask_with(&mounts, late(), |_| Box::new(|| Answer::Failed("once".to_owned())))
            .unwrap();
        assert_eq!(answers, vec![Answer::Failed("once".to_owned()); 2]);
    }

    #[test]
    fn words_errors_as_upstream() {
        let check = |errno, expected| assert_eq!(go_text(errno), expected);
        check(Errno::ACCESS, "permission denied");
        check(Errno::NOENT, "no such file or directory");
        check(Errno::STALE, "stale NFS file handle");
        check(Errno::NOTCONN, "transport endpoint is not connected");
    }
}
