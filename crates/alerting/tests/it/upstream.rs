//! Upstream's programs: `ALERTMANAGER` and `AMTOOL` are their paths.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

/// The paths of the programs, or nothing and a line that says so.
pub(crate) fn programs() -> Option<(PathBuf, PathBuf)> {
    let path = |name| std::env::var_os(name).map(PathBuf::from);
    let both = path("ALERTMANAGER").zip(path("AMTOOL"));
    if both.is_none() {
        println!("SKIPPED: set ALERTMANAGER and AMTOOL to the paths of upstream's programs");
    }
    both
}

/// A running Alertmanager.
pub(crate) struct Alertmanager {
    child: Child,
    pub(crate) address: String,
}

impl Alertmanager {
    /// Starts one on a port of the system's choice, which its log tells.
    pub(crate) fn start(program: &Path, config: &str, storage: &Path) -> Self {
        let file = storage.join("alertmanager.yml");
        fs::File::create(&file).unwrap().write_all(config.as_bytes()).unwrap();
        let mut child = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", storage.display()))
            .args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (told, address) = mpsc::channel();
        // The log is read to its end, because the program ends when nobody reads it.
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("msg=\"Listening on\" address=") {
                    told.send(address.trim().to_owned()).unwrap();
                }
            }
        });
        let address = address.recv().expect("the program says where it listens");
        Self { child, address }
    }

    /// The body of the answer to a request.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(" 200 "), "{answer}");
        body.to_owned()
    }

    /// Ends the program as an operator does, so that it writes its state down.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        // It has ended already where it was stopped.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Somebody who takes webhooks and tells of each body.
pub(crate) fn hook() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (told, bodies) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let line = line.trim().to_ascii_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            reader.get_mut().write_all(answer).unwrap();
            if told.send(String::from_utf8(body).unwrap()).is_err() {
                return;
            }
        }
    });
    (url, bodies)
}
