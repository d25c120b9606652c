//! The programs without data: their size, their start, their memory.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use regain_tests::program::Program;
use regain_tests::server::Setup;

use crate::bar::{Tally, at_most};
use crate::settings::{Scratch, Size, servers};
use crate::table::{self, figure};

/// How often each is started; once before that, so that its file is in the page cache.
const STARTS: Size = Size { variable: "STARTS", full: 11, small: 3 };
/// How long it has nothing to do before its memory is read.
const IDLE_SECONDS: Size = Size { variable: "IDLE_SECONDS", full: 5, small: 1 };

/// The layout of a 64-bit ELF file: see elf(5).
const ELF_MAGIC: &[u8] = b"\x7fELF\x02\x01";
const PROGRAM_HEADERS_AT: usize = 0x20;
const PROGRAM_HEADER_SIZE_AT: usize = 0x36;
const PROGRAM_HEADERS_AT_MOST: usize = 64;
const TYPE_LOAD: u64 = 1;
const FILE_SIZE_AT: usize = 0x20;

struct Measured {
    size_mb: f64,
    start_ms: f64,
    idle_mb: f64,
}

/// Starts every server again and again and prints the table.
pub(super) fn run() -> anyhow::Result<Tally> {
    let scratch = Scratch::new("start")?;
    let servers = servers()?;
    let mut results = Vec::new();
    for program in &servers {
        table::progress(&format!("starting {} without data", program.name()));
        results.push(measure(*program, &scratch)?);
    }
    let figures = [
        figure("program without debugging data, MB", &results, |it: &Measured| it.size_mb)
            .bars(at_most(20.0, 10.0)),
        figure("start without data until ready, ms", &results, |it| it.start_ms)
            .bars(at_most(20.0, 8.0)),
        figure("memory when idle, MB", &results, |it| it.idle_mb).bars(at_most(12.0, 6.0)),
    ];
    let title = format!("Programs without data, median of {} starts", STARTS.get()?);
    table::compare(&title, &servers, &figures)
}

fn measure(program: Program, scratch: &Scratch) -> anyhow::Result<Measured> {
    let mut times = Vec::new();
    let starts = STARTS.get()?;
    for number in 0..=starts {
        let setup = Setup::new(program, &scratch.path(&format!("{}-{number}", program.name())));
        let start = Instant::now();
        let server = setup.start()?;
        let time_ms = start.elapsed().as_secs_f64() * 1e3;
        if number > 0 {
            times.push(time_ms);
        }
        if number == starts {
            sleep(Duration::from_secs(IDLE_SECONDS.get()?));
            times.sort_by(f64::total_cmp);
            return Ok(Measured {
                size_mb: loaded_bytes(&program.need()?)? as f64 / 1e6,
                start_ms: times[times.len() / 2],
                idle_mb: server.process.memory_mb()?.0,
            });
        }
    }
    anyhow::bail!("STARTS is to be at least 1")
}

/// The bytes of a program that are loaded: what is left of its file without what debuggers read.
fn loaded_bytes(path: &Path) -> anyhow::Result<u64> {
    let mut head = Vec::new();
    File::open(path)?.take(4096).read_to_end(&mut head)?;
    anyhow::ensure!(head.starts_with(ELF_MAGIC), "{}: no 64-bit ELF file", path.display());
    let table = usize::try_from(field(&head, PROGRAM_HEADERS_AT, 8)?)?;
    let size = usize::try_from(field(&head, PROGRAM_HEADER_SIZE_AT, 2)?)?;
    let count = usize::try_from(field(&head, PROGRAM_HEADER_SIZE_AT + 2, 2)?)?;
    anyhow::ensure!(count <= PROGRAM_HEADERS_AT_MOST, "{}: {count} segments", path.display());
    let mut bytes = 0;
    for header in (0..count).map(|index| table + index * size) {
        if field(&head, header, 4)? == TYPE_LOAD {
            bytes += field(&head, header + FILE_SIZE_AT, 8)?;
        }
    }
    Ok(bytes)
}

/// A number of so many bytes, the lowest first.
fn field(bytes: &[u8], at: usize, length: usize) -> anyhow::Result<u64> {
    let found = bytes.get(at..at + length).context("the program's file is short")?;
    Ok(found.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loaded_part_of_this_program_is_smaller_than_its_file() {
        let path = std::env::current_exe().unwrap();
        let loaded = loaded_bytes(&path).unwrap();
        let whole = path.metadata().unwrap().len();
        assert!(loaded > 100_000 && loaded < whole, "{loaded} of {whole}");
    }
}
