//! Child processes: what they cost, and that they end with us.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// How long to wait between two looks at something that is not there yet.
const POLL: Duration = Duration::from_millis(1);

/// A child that is killed when it is dropped.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Takes over a child.
    pub fn new(child: Child) -> Self {
        Self(child)
    }

    /// The processor time that it has used so far, in seconds; the kernel counts hundredths.
    pub fn cpu_s(&self) -> anyhow::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // The name in parentheses may hold spaces; what follows it is counted from field 3.
        let rest = stat.rsplit_once(") ").context("/proc/PID/stat has no name")?.1;
        let ticks = |field: usize| -> anyhow::Result<f64> {
            Ok(rest.split(' ').nth(field - 3).context("/proc/PID/stat is short")?.parse()?)
        };
        Ok((ticks(14)? + ticks(15)?) / 100.0)
    }

    /// Its resident memory and the highest that it was, in megabytes.
    pub fn memory_mb(&self) -> anyhow::Result<(f64, f64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let field = |name: &str| -> anyhow::Result<f64> {
            let line =
                status.lines().find(|line| line.starts_with(name)).context("no such field")?;
            let kib: f64 = line.split_whitespace().nth(1).context("no value")?.parse()?;
            Ok(kib * 1024.0 / 1e6)
        };
        Ok((field("VmRSS:")?, field("VmHWM:")?))
    }

    /// Lets the highest memory start again from what is resident now.
    #[expect(clippy::disallowed_methods, reason = "a file of the kernel needs no seam")]
    pub fn reset_peak(&self) -> anyhow::Result<()> {
        let path = format!("/proc/{}/clear_refs", self.0.id());
        fs::write(&path, "5").with_context(|| format!("write {path}"))
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> anyhow::Result<bool> {
        Ok(self.0.try_wait()?.is_some())
    }

    /// Asks it to end by the signal that service managers send, and waits until it is gone.
    pub fn terminate(&mut self) -> anyhow::Result<()> {
        let pid = self.0.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status()?;
        anyhow::ensure!(sent.success(), "kill -TERM {pid}: {sent}");
        self.0.wait()?;
        Ok(())
    }

    /// Kills it at once, as a crash would, and waits until it is gone.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Asks `ready` again and again until it answers or `limit` is over; an error of it ends the wait.
pub fn wait_for<T>(
    what: &str,
    limit: Duration,
    mut ready: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = ready()? {
            return Ok(value);
        }
        anyhow::ensure!(start.elapsed() <= limit, "waited {limit:?} for {what}");
        std::thread::sleep(POLL);
    }
}

/// Writes a whole file under its final name at once.
#[expect(clippy::disallowed_methods, reason = "files of a test or a benchmark need no seam")]
pub fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    let temporary = path.with_added_extension("tmp");
    fs::write(&temporary, text).with_context(|| format!("write {}", temporary.display()))?;
    fs::rename(&temporary, path).with_context(|| format!("rename {}", temporary.display()))
}

/// The bytes that the files below `dir` hold.
pub fn size_bytes(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_bytes(&entry.path()),
        Ok(metadata) => metadata.len(),
        // A file of a running server may go at any time.
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}
