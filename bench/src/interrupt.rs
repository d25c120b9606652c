//! An interrupted run leaves nothing behind: neither a server that goes on nor its data.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::settings::Scratch;
use crate::table;

/// What a shell reports of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// From now on a signal that asks to end also ends the children and removes the scratch directories.
pub(crate) fn watch() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (mut interrupt, mut terminate, mut hang_up) = {
        let _entered = runtime.enter();
        (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        )
    };
    thread::Builder::new().name("interrupt".to_owned()).spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => (),
                _ = terminate.recv() => (),
                _ = hang_up.recv() => (),
            }
        });
        clean_up();
    })?;
    Ok(())
}

/// Ends the process, since the other threads may sleep for a minute.
#[expect(clippy::exit, reason = "nobody is left to return to")]
fn clean_up() {
    table::complain("interrupted");
    // A server that was just being started may become a child after the first look.
    for _ in 0..2 {
        match children() {
            Ok(found) => found.iter().for_each(|child| end(child)),
            Err(error) => table::complain(&format!("cannot see what was started: {error:#}")),
        }
    }
    Scratch::remove_all();
    std::process::exit(INTERRUPTED);
}

/// The processes whose parent is this one.
fn children() -> anyhow::Result<Vec<String>> {
    let own = std::process::id().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").context("read /proc")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // What is no process has no such file, and a process may have gone meanwhile.
        let Ok(stat) = fs::read_to_string(format!("/proc/{name}/stat")) else { continue };
        let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
        if name.bytes().all(|byte| byte.is_ascii_digit()) && rest.split(' ').nth(1) == Some(&own) {
            found.push(name);
        }
    }
    Ok(found)
}

fn end(child: &str) {
    let sent = Command::new("kill").args(["-KILL", child]).stderr(Stdio::null()).status();
    if let Err(error) = sent {
        table::complain(&format!("kill -KILL {child}: {error}"));
    }
}
