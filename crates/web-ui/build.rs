//! Turns `ui/dist` into a table of embedded files, or into an empty one where the pages are not built.
//!
//! It reads what is there and runs nothing: Node is needed to build the pages, never to build the program.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use xxhash_rust::xxh64::xxh64;

/// The pages' directory, from this crate.
const UI: &str = "../../ui";
/// The suffixes of a file's compressed forms, which lie beside it.
const GZIP: &str = "gz";
const BROTLI: &str = "br";

#[expect(clippy::disallowed_methods, reason = "a build script lives by its environment and writes")]
fn main() -> anyhow::Result<()> {
    let root =
        std::env::var_os("CARGO_MANIFEST_DIR").context("cargo names this crate's directory")?;
    let out = std::env::var_os("OUT_DIR").context("cargo names the directory for what is made")?;
    let ui = Path::new(&root).join(UI);
    let dist = ui.join("dist");
    let table = if dist.join("index.html").is_file() {
        println!("cargo::rerun-if-changed={}", dist.display());
        table_of(&dist)?
    } else {
        // A path that is missing would make every build start anew; its parent changes when it appears.
        println!("cargo::rerun-if-changed={}", ui.display());
        table_of_nothing()
    };
    println!("cargo::rerun-if-changed=build.rs");
    fs::write(Path::new(&out).join("embedded.rs"), table).context("write the table")
}

fn table_of_nothing() -> String {
    "const INDEX: Option<&str> = None;\nstatic FILES: &[Asset] = &[];\n".to_owned()
}

fn table_of(dist: &Path) -> anyhow::Result<String> {
    let mut files = Vec::new();
    collect(dist, &mut files)?;
    files.sort();
    let index = dist.join("index.html");
    let mut table =
        format!("const INDEX: Option<&str> = Some(include_str!({}));\n", literal(&index)?);
    table.push_str("static FILES: &[Asset] = &[\n");
    for file in files.iter().filter(|file| !is_compressed_form(file) && **file != index) {
        table.push_str(&entry(dist, file)?);
    }
    table.push_str("];\n");
    Ok(table)
}

fn collect(dir: &Path, into: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), into)?;
        } else {
            into.push(entry.path());
        }
    }
    Ok(())
}

fn is_compressed_form(file: &Path) -> bool {
    [GZIP, BROTLI].iter().any(|suffix| file.extension().is_some_and(|is| is == *suffix))
}

fn entry(dist: &Path, file: &Path) -> anyhow::Result<String> {
    let path = file.strip_prefix(dist)?.to_str().context("names in ui/dist are plain")?;
    let content = fs::read(file).with_context(|| format!("read {}", file.display()))?;
    let mime = mime_of(file)?;
    let tag = format!("{:016x}", xxh64(&content, 0));
    let content = match (form(file, GZIP)?, form(file, BROTLI)?) {
        (None, _) => format!("Content::Plain({})", bytes_of(file)?),
        (Some(gzip), None) => format!("Content::Compressed {{ gzip: {gzip}, brotli: None }}"),
        (Some(gzip), Some(brotli)) => {
            format!("Content::Compressed {{ gzip: {gzip}, brotli: Some({brotli}) }}")
        }
    };
    let names = format!("path: {path:?}, mime: {mime:?}, tag: {tag:?}");
    Ok(format!("    Asset {{ {names}, content: {content} }},\n"))
}

/// The compressed form of a file as an expression, if there is one.
fn form(file: &Path, suffix: &str) -> anyhow::Result<Option<String>> {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    let path = PathBuf::from(name);
    path.is_file().then(|| bytes_of(&path)).transpose()
}

fn bytes_of(file: &Path) -> anyhow::Result<String> {
    Ok(format!("include_bytes!({})", literal(file)?))
}

/// A path as a literal of the language.
fn literal(path: &Path) -> anyhow::Result<String> {
    let text = path.to_str().with_context(|| format!("{} is no plain text", path.display()))?;
    Ok(format!("{text:?}"))
}

fn mime_of(file: &Path) -> anyhow::Result<&'static str> {
    Ok(match file.extension().and_then(|extension| extension.to_str()) {
        Some("css") => "text/css; charset=utf-8",
        Some("ico") => "image/x-icon",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("woff2") => "font/woff2",
        _ => bail!("{} has no known content type; name it in build.rs", file.display()),
    })
}
