//! The host that the program runs on.

/// The host's name.
pub(crate) fn name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The system in the words of upstream's log: kernel, release, version, processor, name, domain.
pub(crate) fn details() -> String {
    let uname = rustix::system::uname();
    let parts = [
        uname.sysname(),
        uname.release(),
        uname.version(),
        uname.machine(),
        uname.nodename(),
        uname.domainname(),
    ];
    let parts = parts.map(|part| part.to_string_lossy().into_owned());
    format!("({})", parts.join(" "))
}

/// How many files the process may open, soft and hard, in the words of upstream's log.
pub(crate) fn fd_limits() -> String {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let text = |limit: Option<u64>| {
        limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
    };
    format!("(soft={}, hard={})", text(limit.current), text(limit.maximum))
}

/// Lets the process open as many files as it may: every segment, target and client takes one. Go's runtime
/// does the same for upstream.
pub(crate) fn raise_fd_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "Cannot raise the limit of open files");
    }
}
