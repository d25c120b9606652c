//! Upstream's textfile directories with their golden output, and hostile ones.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use regain_collectors::{Settings, TextfileSettings};

use super::exposition::scrape;
use super::fixtures::Fixtures;

fn read(directories: &[String]) -> String {
    let settings = Settings {
        textfile: TextfileSettings { directories: directories.to_vec() },
        ..Settings::default()
    };
    let text = scrape(&settings, &["textfile"]);
    let kept = text.lines().filter(|line| !line.contains("node_scrape_collector_")).map(|line| {
        match line.rsplit_once(' ') {
            // The time a file was unpacked is not in the golden files.
            Some((series, _)) if line.starts_with("node_textfile_mtime_seconds") => {
                format!("{series} 1\n")
            }
            _ => format!("{line}\n"),
        }
    });
    kept.collect()
}

#[test]
fn reads_upstreams_directories_as_upstream_does() {
    let Some(fixtures) = Fixtures::unpack() else { return };
    let root = fixtures.path.join("textfile");
    let mut checked = 0;
    for entry in fs::read_dir(&root).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "out") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let directory = if name == "glob_extra_dimension" { "*_extra_dimension" } else { name };
        let text = read(&[root.join(directory).display().to_string()]);
        let seen = fixtures.relative(&text).replace("collector/fixtures", "fixtures");
        assert_eq!(seen, fs::read_to_string(&path).unwrap(), "{name}");
        checked += 1;
    }
    assert!(checked >= 13, "only {checked} directories");
}

fn with(files: &[(&str, &[u8])], check: impl FnOnce(&str)) {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        File::create(dir.path().join(name)).unwrap().write_all(content).unwrap();
    }
    check(&read(&[dir.path().display().to_string()]));
}

fn has(text: &str, line: &str) -> bool {
    text.lines().any(|seen| seen == line)
}

const FAILED: &str = "node_textfile_scrape_error 1";

#[test]
fn a_broken_file_costs_only_itself() {
    with(
        &[("a.prom", b"good 1\n"), ("b.prom", b"good 2\nbad{\n"), ("c.prom", b"\xff\xfe 1\n")],
        |text| {
            assert!(has(text, "good 1"), "{text}");
            assert!(has(text, FAILED), "{text}");
            assert!(!text.contains("b.prom\"}"), "a file that failed does not look fresh: {text}");
        },
    );
}

#[test]
fn files_that_contradict_each_other_lose_the_later_word() {
    with(
        &[
            ("a.prom", b"# TYPE jobs counter\njobs{x=\"1\"} 1\n"),
            ("b.prom", b"# TYPE jobs gauge\njobs{x=\"2\"} 2\n"),
            ("c.prom", b"# TYPE jobs counter\njobs{x=\"1\"} 3\n"),
        ],
        |text| {
            assert!(has(text, "jobs{x=\"1\"} 1"), "{text}");
            assert!(!text.contains("x=\"2\""), "{text}");
            assert!(!text.contains("} 3"), "{text}");
            assert!(has(text, FAILED), "{text}");
        },
    );
}

#[test]
fn only_regular_files_are_opened() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("d.prom")).unwrap();
    let pipe = dir.path().join("p.prom");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    File::create(dir.path().join("a.prom")).unwrap().write_all(b"good 1\n").unwrap();
    let text = read(&[dir.path().display().to_string()]);
    assert!(has(&text, "good 1") && has(&text, FAILED), "{text}");
}

#[test]
fn a_textfile_cannot_replace_the_hosts_own_families() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("a.prom"), "# HELP node_load1 mine\nnode_load1 99\nother 1\n");
    let settings = Settings {
        textfile: TextfileSettings { directories: vec![dir.path().display().to_string()] },
        ..Settings::default()
    };
    let text = scrape(&settings, &["loadavg", "textfile"]);
    assert!(!has(&text, "node_load1 99") && text.contains("\nnode_load1 "), "{text}");
    assert!(has(&text, "other 1"), "{text}");
}

fn write(path: &Path, text: &str) {
    File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn without_a_directory_there_is_only_the_error_flag() {
    assert_eq!(
        read(&[String::new()]),
        "# HELP node_textfile_scrape_error 1 if there was an error opening or reading a file, 0 otherwise\n\
         # TYPE node_textfile_scrape_error gauge\nnode_textfile_scrape_error 0\n"
    );
}
