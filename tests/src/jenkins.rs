//! A Jenkins to test against: the part of its HTTP API that triggers builds and follows them.
//!
//! It answers as core 2.579 does, down to the order of its checks: crumbs are bound to user and session, an
//! API token needs none, an identical item in the queue is answered with 303 or with the same item, queue
//! items are forgotten five minutes after they left the queue. What a job does is a closure or a command.
//! A [`Server`] also has what no real Jenkins has: faults by order, a clock that can be moved, and a record of
//! every request.
//!
//! Nothing here was copied from Jenkins, and no real Jenkins was compared with it: independent clients
//! prove it, in `tests/it/jenkins_clients.rs`.

mod fault;
mod job;
mod run;

mod state;

mod tree;
mod wire;

mod document;
mod login;
mod routes;
mod trigger;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

pub use fault::{Fault, Logged, Trouble};
pub use job::{Build, BuildResult, Job};
pub use login::User;
pub use run::Run;

use self::state::Shared;

/// The version that the stand-in says it is.
pub const VERSION: &str = "2.579";

/// How a Jenkins is set up.
#[derive(Debug)]
pub struct Jenkins {
    pub(crate) users: Vec<User>,
    pub(crate) jobs: Vec<(String, Job)>,
    pub(crate) anonymous_reads: bool,
    pub(crate) crumbs: bool,
    pub(crate) prefix: String,
    pub(crate) root_url: Option<String>,
    pub(crate) executors: usize,
    pub(crate) quiet_period: Duration,
}

impl Default for Jenkins {
    fn default() -> Self {
        Self::new()
    }
}

impl Jenkins {
    /// A Jenkins with two executors, without users and jobs; anonymous visitors may not even look.
    pub fn new() -> Self {
        Self {
            users: Vec::new(),
            jobs: Vec::new(),
            anonymous_reads: false,
            crumbs: true,
            prefix: String::new(),
            root_url: None,
            executors: 2,
            quiet_period: Duration::ZERO,
        }
    }

    /// The same with one more user.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// The same with one more job; `folder/name` puts it into a folder, which comes into being with it.
    #[must_use]
    pub fn job(mut self, full_name: &str, job: Job) -> Self {
        self.jobs.push((full_name.to_owned(), job));
        self
    }

    /// The same where anonymous visitors may read everything.
    #[must_use]
    pub fn anonymous_reads(self) -> Self {
        Self { anonymous_reads: true, ..self }
    }

    /// The same with protection against cross-site requests switched off.
    #[must_use]
    pub fn without_crumbs(self) -> Self {
        Self { crumbs: false, ..self }
    }

    /// The same under a context path, such as `/jenkins`.
    #[must_use]
    pub fn prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.trim_end_matches('/').to_owned(), ..self }
    }

    /// The same with another root in its answers than where it is reached, as behind a proxy.
    #[must_use]
    pub fn root_url(self, url: &str) -> Self {
        Self { root_url: Some(url.trim_end_matches('/').to_owned()), ..self }
    }

    /// The same with another number of executors; with none, everything waits in the queue.
    #[must_use]
    pub fn executors(self, executors: usize) -> Self {
        Self { executors, ..self }
    }

    /// The same with a time that items wait before they may be built.
    #[must_use]
    pub fn quiet_period(self, quiet_period: Duration) -> Self {
        Self { quiet_period, ..self }
    }

    /// Answers on a listener until the server is dropped.
    pub fn serve(self, listener: TcpListener) -> io::Result<Server> {
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(self));
        let stopped = Arc::new(AtomicBool::new(false));
        let (serving, seen) = (Arc::clone(&shared), Arc::clone(&stopped));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&serving);
                // A client hangs up whenever it likes.
                thread::spawn(move || wire::answer_all(stream, &shared).ok());
            }
        });
        let waking = Arc::clone(&shared);
        thread::spawn(move || waking.keep_time());
        Ok(Server { address, shared, stopped })
    }

    /// Answers on a free port of this host.
    pub fn start(self) -> io::Result<Server> {
        self.serve(TcpListener::bind("127.0.0.1:0")?)
    }
}

/// A Jenkins that answers.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its root, with the slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}{}/", self.address, self.shared.prefix)
    }

    /// The builds of a job, oldest first.
    pub fn builds(&self, job: &str) -> Vec<Build> {
        self.shared.state().builds(job)
    }

    /// The numbers of the items that wait in the queue.
    pub fn queue(&self) -> Vec<u64> {
        self.shared.state().waiting()
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Logged> {
        self.shared.state().requests.clone()
    }

    /// Waits until a job has this many builds that have ended.
    pub fn wait_for_ended(&self, job: &str, count: usize) -> Vec<Build> {
        self.shared.wait_for(|state| {
            let builds = state.builds(job);
            let ended = builds.iter().filter(|build| build.result.is_some()).count();
            (ended >= count).then_some(builds)
        })
    }

    /// Waits until a job has this many builds that run or have ended.
    pub fn wait_for_started(&self, job: &str, count: usize) -> Vec<Build> {
        self.shared.wait_for(|state| {
            let builds = state.builds(job);
            (builds.len() >= count).then_some(builds)
        })
    }

    /// Has the next request that fits meet trouble.
    pub fn inject(&self, fault: Fault) {
        self.shared.state().faults.push(fault);
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.shared.change(|state| state.advance(by));
    }

    /// Changes the number of executors.
    pub fn set_executors(&self, executors: usize) {
        self.shared.change(|state| state.executors = executors);
    }

    /// Starts or ends the preparation for a shutdown, during which nothing leaves the queue.
    pub fn quiet_down(&self, quieting: bool) {
        self.shared.change(|state| state.quieting = quieting);
    }

    /// Enables or disables a job.
    pub fn set_disabled(&self, job: &str, disabled: bool) {
        self.shared.change(|state| state.set_disabled(job, disabled));
    }

    /// Starts anew, as after a crash: sessions, crumbs, items that left the queue and running builds are
    /// gone; waiting items stay if `keeps_queue`.
    pub fn restart(&self, keeps_queue: bool) {
        self.shared.change(|state| state.restart(keeps_queue));
    }

    /// Answers everything with 503 while it is true, as a Jenkins that is still starting.
    pub fn set_starting(&self, starting: bool) {
        self.shared.change(|state| state.starting = starting);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.shared.stop();
        // The listener looks up when somebody connects.
        TcpStream::connect(self.address).ok();
    }
}
