use std::collections::BTreeMap;
use std::time::Instant;
use axum::{Router, routing::get};
use regain_http::client::{Client, ClientOptions, Request, config::ClientConfig};
use regain_http::server::{ServerSettings, bind::bind, serve, compression};
fn cpu() -> f64 {
    let t = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = t.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}
fn main() {
    let mode = std::env::args().nth(1).unwrap();
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    rt.block_on(async {
        if mode == "server" {
            let mut text = String::new();
            let mut i = 0u64;
            while text.len() < 60_000 { i += 1; text += &format!("node_cpu_seconds_total{{cpu=\"{}\",mode=\"user{}\"}} {}.{}\n", i % 8, i % 11, i * 7919 % 100003, i * 31 % 97); }
            let body: axum::body::Bytes = text.into();
            let router = Router::new().route("/metrics", get(move || { let b = body.clone(); async move { b } })).layer(compression::gzip());
            let b = bind("127.0.0.1:19876").unwrap();
            serve(vec![b], router, ServerSettings::default(), Default::default()).await;
            return;
        }
        let environment = BTreeMap::new();
        let client = Client::new(&ClientConfig::default(), &ClientOptions::new("t", &environment)).unwrap();
        for gzip in [false, true] {
            let mut into = vec![];
            let mut requests = vec![];
            for i in 0..250 {
                let mut r = Request::get(format!("http://127.0.0.{}:19876/metrics", 1).parse().unwrap());
                let _ = i;
                if gzip { r.headers.insert("accept-encoding", "gzip".parse().unwrap()); }
                r.deadline = Some(tokio::time::Instant::now() + std::time::Duration::from_secs(60));
                requests.push(r);
            }
            for r in &requests { client.fetch(r, 1 << 24, &mut into).await.unwrap(); }
            let (t, c) = (Instant::now(), cpu());
            let rounds = 40;
            let mut wire = 0;
            for _ in 0..rounds { for r in &requests { wire += client.fetch(r, 1 << 24, &mut into).await.unwrap().body_wire_bytes; } }
            let n = (rounds * 250) as f64;
            println!("gzip={gzip} body={} wire/req={} wall/req={:.1}us client cpu/req={:.1}us", into.len(), wire as f64 / n, t.elapsed().as_secs_f64() / n * 1e6, (cpu() - c) / n * 1e6);
        }
    });
}
