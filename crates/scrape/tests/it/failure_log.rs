//! The log of failed scrapes.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use regain_scrape::{FailureLog, Job};

use crate::support::{Exporter, Reply, Scraping, config, job};

/// Keeps what is written.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn log(&self) -> FailureLog {
        FailureLog::new(Box::new(self.clone()))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_scrape_without_a_body_is_a_line_in_the_file_of_the_last_reload() {
    let exporter = Exporter::start(Reply::status("404 Not Found", "")).await;
    let scraping = Scraping::idle();
    let (first, second) = (Lines::default(), Lines::default());
    let jobs =
        |log: Option<FailureLog>| vec![Job { failure_log: log, ..job(config(), &[&exporter]) }];
    scraping.apply(jobs(Some(first.log()))).await;
    scraping.scrape().await;
    let line = |second: u32| {
        format!(
            "{{\"time\":\"2023-11-14T22:13:{second}Z\",\"level\":\"ERROR\",\"source\":\"failure_log.rs\",\
             \"msg\":\"server returned HTTP status 404 Not Found\",\"job_name\":\"j\",\
             \"target\":\"http://{}/metrics\"}}\n",
            exporter.address
        )
    };
    assert_eq!(first.text(), line(30));
    // What is wrong with a body is not logged, as it is not upstream.
    exporter.set_text("no exposition\n");
    scraping.scrape().await;
    exporter.set(Reply::status("404 Not Found", ""));
    scraping.apply(jobs(Some(second.log()))).await;
    scraping.scrape().await;
    scraping.apply(jobs(None)).await;
    scraping.scrape().await;
    assert_eq!((first.text(), second.text()), (line(30), line(50)));
}
