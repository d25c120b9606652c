//! The Python that runs the application, with a public client library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use regain_tests::program::workspace;

use crate::house::need;

/// The Python of an environment that has what the application needs; it is made once, below `target`.
pub(crate) fn python() -> anyhow::Result<PathBuf> {
    need("python3", "apt-get install python3 python3-venv")?;
    let dir = workspace("target/demo/python");
    let python = dir.join("bin/python");
    let wanted = workspace("demo/app/requirements.txt");
    let installed = dir.join("requirements.txt");
    if fs::read(&installed).ok() == fs::read(&wanted).ok() && python.is_file() {
        return Ok(python);
    }
    fs::create_dir_all(&dir)?;
    run(Command::new("python3").args(["-m", "venv"]).arg(&dir), "apt-get install python3-venv")?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&wanted);
    run(&mut pip, "pip install -r demo/app/requirements.txt")?;
    copy(&wanted, &installed)?;
    Ok(python)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::copy(from, to).with_context(|| format!("copy {}", from.display()))?;
    Ok(())
}

fn run(command: &mut Command, hint: &str) -> anyhow::Result<()> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("start {command:?}"))?;
    let error = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{command:?} failed, try `{hint}`:\n{error}");
    Ok(())
}
