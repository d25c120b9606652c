//! Child processes: what they cost, and that they end with us.

use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// A child that is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// The processor time that it has used so far, in seconds.
    pub(crate) fn cpu_s(&self) -> anyhow::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let rest = stat.rsplit_once(") ").context("/proc/PID/stat has no name")?.1;
        let ticks = |index: usize| -> anyhow::Result<f64> {
            Ok(rest.split(' ').nth(index).context("/proc/PID/stat is short")?.parse()?)
        };
        // Fields 14 and 15 of the line; the kernel's tick is a hundredth of a second on Linux.
        Ok((ticks(11)? + ticks(12)?) / 100.0)
    }

    /// Its resident memory and the highest that it was, in megabytes.
    pub(crate) fn memory_mb(&self) -> anyhow::Result<(f64, f64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let field = |name: &str| -> anyhow::Result<f64> {
            let line =
                status.lines().find(|line| line.starts_with(name)).context("no such field")?;
            let kb: f64 = line.split_whitespace().nth(1).context("no value")?.parse()?;
            Ok(kb / 1000.0)
        };
        Ok((field("VmRSS:")?, field("VmHWM:")?))
    }

    /// Kills it at once, as a crash would.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
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

/// Asks `ready` again and again until it answers or `limit` is over.
pub(crate) fn wait_for<T>(
    what: &str,
    limit: Duration,
    mut ready: impl FnMut() -> Option<T>,
) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = ready() {
            return Ok(value);
        }
        if start.elapsed() > limit {
            anyhow::bail!("waited {limit:?} for {what}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Writes a whole file under its final name at once.
#[expect(clippy::disallowed_methods, reason = "scratch files of a benchmark need no seam")]
pub(crate) fn write_file(path: &str, text: &str) -> anyhow::Result<()> {
    let temporary = format!("{path}.tmp");
    fs::write(&temporary, text).with_context(|| format!("write {temporary}"))?;
    fs::rename(&temporary, path).with_context(|| format!("rename {temporary}"))
}

/// The bytes that the files below `dir` hold.
pub(crate) fn size_bytes(dir: &std::path::Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_bytes(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}
