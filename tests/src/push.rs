//! Remote write, the sender's side.

use regain_remote::write::encode;

use crate::http::{Answer, Connection};
use crate::series::Series;

/// The jobs of the made-up instances, one after another.
const JOBS: [&str; 6] = ["api", "billing", "cart", "mail", "search", "store"];
const HEADERS: &str = "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n\
                       X-Prometheus-Remote-Write-Version: 0.1.0\r\n";
const SYMBOLIZED_HEADERS: &str = "Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request\r\n\
                                  Content-Encoding: snappy\r\n\
                                  X-Prometheus-Remote-Write-Version: 2.0.0\r\n";

/// The body of a push under construction.
#[derive(Debug, Default)]
pub struct Push {
    request: encode::Request,
}

impl Push {
    /// Adds a series, whose labels are sorted by name, with samples, each a time in milliseconds and a
    /// value.
    pub fn series(&mut self, labels: &[(&str, &str)], samples: &[(i64, f64)]) {
        self.request.series(labels, samples);
    }

    /// Adds what one instance of the made-up fleet shows at a whole second, `up` included. Instances are
    /// a little apart in time, as scraped ones are.
    pub fn instance(&mut self, series: &[Series], instance: u64, seconds: u64) {
        self.instance_at(series, instance, seconds, time_of(instance, seconds));
    }

    /// The same under a time in milliseconds of the caller's choice.
    pub fn instance_at(&mut self, series: &[Series], instance: u64, seconds: u64, time_ms: i64) {
        let host = format!("host-{instance:03}:9100");
        let job = job_of(instance);
        self.series(&[("__name__", "up"), ("instance", &host), ("job", job)], &[(time_ms, 1.0)]);
        let mut labels: Vec<(&str, &str)> = Vec::new();
        for one in series {
            labels.clear();
            labels.extend([("__name__", one.name.as_str()), ("instance", &host), ("job", job)]);
            labels.extend(one.labels.iter().map(|(name, value)| (*name, value.as_str())));
            labels.sort_unstable();
            self.series(&labels, &[(time_ms, one.value(instance, seconds as f64))]);
        }
    }

    /// Forgets what was added and keeps the memory.
    pub fn clear(&mut self) {
        self.request.clear();
    }

    /// The body as it goes over the wire.
    pub fn compressed(&self) -> anyhow::Result<Vec<u8>> {
        Ok(snap::raw::Encoder::new().compress_vec(self.request.as_bytes())?)
    }
}

/// The job of an instance.
pub fn job_of(instance: u64) -> &'static str {
    let index = usize::try_from(instance).expect("instances are few") % JOBS.len();
    JOBS[index]
}

/// The time in milliseconds of what an instance shows in a second.
pub fn time_of(instance: u64, seconds: u64) -> i64 {
    (seconds * 1000 + instance * 237 % 1000).cast_signed()
}

/// Sends a compressed body; the error of the server, if it has one, is in the answer.
pub fn send(connection: &mut Connection, body: &[u8]) -> anyhow::Result<Answer> {
    connection.post("/api/v1/write", HEADERS, body)
}

/// Compresses and sends a message of 2.0.
pub fn send_symbolized(connection: &mut Connection, message: &[u8]) -> anyhow::Result<Answer> {
    let body = snap::raw::Encoder::new().compress_vec(message)?;
    connection.post("/api/v1/write", SYMBOLIZED_HEADERS, &body)
}
