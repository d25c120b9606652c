//! Threads for calls that may never come back.
//!
//! A statfs(2) on a dead NFS mount cannot be cancelled; it can only be left behind. The pool runs jobs
//! on a few threads and adds another one only when whoever waits sees no progress, up to a limit.
//! Threads above the few leave as soon as the queue is empty. So a hanging job costs one thread, a
//! hundred of them cost the limit, and a host where nothing hangs never pays for more than the few.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// Runs jobs on threads of one name.
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    name: &'static str,
    /// Is the number of threads that stay.
    base: usize,
    /// Is the number of threads there may be.
    max: usize,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("Pool")
            .field("name", &self.shared.name)
            .field("threads", &state.threads)
            .field("queued", &state.queue.len())
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// Makes a pool without threads; they start with the first jobs.
    pub(crate) fn new(name: &'static str, base: usize, max: usize) -> Self {
        let base = base.max(1);
        Self {
            shared: Arc::new(Shared {
                name,
                base,
                max: max.max(base),
                state: Mutex::new(State::default()),
                work: Condvar::new(),
            }),
        }
    }

    /// Queues a job, and starts a thread for it while the pool has fewer than its few.
    pub(crate) fn submit(&self, job: Job) -> io::Result<()> {
        let mut state = self.shared.lock();
        if state.idle <= state.queue.len() && state.threads < self.shared.base {
            self.start(&mut state)?;
        }
        state.queue.push_back(job);
        drop(state);
        self.shared.work.notify_one();
        Ok(())
    }

    /// Adds a thread if jobs wait and the limit allows it, because the running ones seem to hang.
    pub(crate) fn relieve(&self) {
        let mut state = self.shared.lock();
        if state.queue.is_empty() || state.idle > 0 || state.threads >= self.shared.max {
            return;
        }
        if let Err(error) = self.start(&mut state) {
            tracing::warn!(%error, pool = self.shared.name, "couldn't start another thread");
        }
    }

    fn start(&self, state: &mut State) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        thread::Builder::new().name(self.shared.name.to_owned()).spawn(move || shared.work())?;
        state.threads += 1;
        Ok(())
    }
}

impl Drop for Pool {
    /// Lets idle threads go; a hanging one goes when its call comes back.
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        state.queue.clear();
        drop(state);
        self.shared.work.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.queue.pop_front() {
                drop(state);
                // Jobs report their own panics; the thread must outlive them either way.
                if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
                    tracing::error!(pool = self.name, "a job panicked");
                }
                state = self.lock();
                continue;
            }
            if state.closed || state.threads > self.base {
                state.threads -= 1;
                return;
            }
            state.idle += 1;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_hanging_job_delays_the_others_only_until_it_is_noticed() {
        let pool = Pool::new("test", 1, 2);
        let (release, blocked) = mpsc::channel::<()>();
        let (done, results) = mpsc::channel();
        pool.submit(Box::new(move || assert!(blocked.recv().is_err()))).unwrap();
        let sender = done.clone();
        pool.submit(Box::new(move || sender.send("second").unwrap())).unwrap();

        // Whether the first job is already running or still queued, one more thread is enough.
        let second = loop {
            pool.relieve();
            match results.recv_timeout(std::time::Duration::from_millis(1)) {
                Ok(second) => break second,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(error) => panic!("{error}"),
            }
        };

        assert_eq!(second, "second");
        assert!(pool.shared.lock().threads <= 2);
        drop(release);
    }

    #[test]
    fn never_has_more_threads_than_its_limit() {
        let pool = Pool::new("test", 1, 3);
        let (release, blocked) = mpsc::channel::<()>();
        let blocked = Arc::new(Mutex::new(blocked));
        for _ in 0..10 {
            let blocked = Arc::clone(&blocked);
            pool.submit(Box::new(move || assert!(blocked.lock().unwrap().recv().is_err())))
                .unwrap();
            pool.relieve();
            pool.relieve();
        }
        assert_eq!(pool.shared.lock().threads, 3);
        drop(release);
    }

    #[test]
    fn outlives_a_job_that_panics() {
        let pool = Pool::new("test", 1, 1);
        let (done, results) = mpsc::channel();
        pool.submit(Box::new(|| panic!("on purpose"))).unwrap();
        pool.submit(Box::new(move || done.send(7).unwrap())).unwrap();
        assert_eq!(results.recv().unwrap(), 7);
    }
}
