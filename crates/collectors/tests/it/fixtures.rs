//! The published fixtures: a tar with text archives in it, unpacked into a directory of the test's own.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use tempfile::TempDir;

const ARCHIVE: &str = "node_exporter-fixtures.tar.gz";
const TAR_BLOCK: usize = 512;

/// Is the unpacked tree; `path` is its `collector/fixtures`.
pub(crate) struct Fixtures {
    pub(crate) path: PathBuf,
    dir: TempDir,
}

impl Fixtures {
    /// Unpacks the fixtures, or says that the test is skipped.
    pub(crate) fn unpack() -> Option<Self> {
        let archive = conformance().join(ARCHIVE);
        let Ok(file) = File::open(&archive) else {
            println!("skipped: {} is missing", archive.display());
            return None;
        };
        let mut tar = Vec::new();
        GzDecoder::new(file).read_to_end(&mut tar).unwrap();
        let dir = tempfile::tempdir().unwrap();
        unpack_tar(&tar, dir.path());
        let path = dir.path().join("collector/fixtures");
        for name in ["sys.ttar", "udev.ttar"] {
            unpack_ttar(&fs::read(path.join(name)).unwrap(), &path);
        }
        Some(Self { path, dir })
    }

    /// Turns this tree's absolute paths into the ones in golden files.
    pub(crate) fn relative(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.dir.path().display()), "")
    }
}

fn conformance() -> PathBuf {
    std::env::var_os("REGAIN_CONFORMANCE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    )
}

fn unpack_tar(tar: &[u8], into: &Path) {
    let mut at = 0;
    while let Some(header) = tar.get(at..at + TAR_BLOCK).filter(|header| header[0] != 0) {
        let text = |range: std::ops::Range<usize>| {
            let field = &header[range];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            String::from_utf8(field[..end].to_vec()).unwrap()
        };
        let size = usize::from_str_radix(text(124..136).trim(), 8).unwrap();
        let path = into.join(text(345..500)).join(text(0..100));
        let start = at + TAR_BLOCK;
        match header[156] {
            b'5' => fs::create_dir_all(path).unwrap(),
            b'2' => symlink(text(157..257), path).unwrap(),
            _ => write(&path, &tar[start..start + size]),
        }
        at = start + size.div_ceil(TAR_BLOCK) * TAR_BLOCK;
    }
}

/// Unpacks the text archive: `Path: NAME` with `SymlinkTo: TARGET` or `Lines: N`, or `Directory: NAME`.
fn unpack_ttar(ttar: &[u8], into: &Path) {
    let mut lines = ttar.split(|byte| *byte == b'\n');
    let mut path = into.to_path_buf();
    while let Some(line) = lines.next() {
        let line = String::from_utf8_lossy(line);
        let Some((key, value)) = line.split_once(": ") else { continue };
        match key {
            "Directory" => fs::create_dir_all(into.join(value)).unwrap(),
            "Path" => path = into.join(value),
            "SymlinkTo" => symlink(value, &path).unwrap(),
            "Lines" => {
                let mut content = Vec::new();
                for line in lines.by_ref().take(value.parse().unwrap()) {
                    push_line(&mut content, line);
                }
                write(&path, &content);
            }
            _ => {}
        }
    }
}

fn push_line(content: &mut Vec<u8>, line: &[u8]) {
    let mut rest = line;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(b"NULLBYTE") {
            content.push(0);
            rest = after;
        } else if let Some(after) = rest.strip_prefix(br"\NULLBYTE") {
            content.extend(b"NULLBYTE");
            rest = after;
        } else if let Some(after) = rest.strip_prefix(br"\EOF") {
            content.extend(b"EOF");
            rest = after;
        } else if rest == b"EOF" {
            return;
        } else {
            content.push(rest[0]);
            rest = &rest[1..];
        }
    }
    content.push(b'\n');
}

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(path).unwrap().write_all(content).unwrap();
}
