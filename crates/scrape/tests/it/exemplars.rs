//! Exemplars on their way from a target to the store, and what is said about metrics.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use regain_model::{Exemplar, Labels, Metadata, Timestamp};
use regain_storage::memory::MemoryStore;
use regain_storage::{
    Appendable, Appender, Committed, ExemplarVerdict, LaneKey, Result, SeriesRef, Value, Verdict,
};

use crate::support::{Exporter, Reply, START, Scraping, config, job};

/// A store that writes down which exemplars and which metadata it is given. Traces that begin with `late` are out of order.
#[derive(Clone, Default)]
struct Recorder {
    store: MemoryStore,
    said: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// What came since the last time.
    fn said(&self) -> Vec<String> {
        std::mem::take(&mut self.said.lock().unwrap())
    }

    fn scraping(&self) -> Scraping {
        let appendable = Arc::new(self.clone());
        Scraping::with_options(self.store.clone(), appendable, |options| {
            options.keeps_metadata = true;
        })
    }
}

impl Appendable for Recorder {
    fn appender(&self, key: &LaneKey) -> Result<Box<dyn Appender>> {
        let (recorder, appender) = (self.clone(), self.store.appender(key)?);
        Ok(Box::new(Recording { recorder, appender, names: BTreeMap::new(), staged: Vec::new() }))
    }

    fn keep_metadata(&self, said: &[(&str, &Metadata)]) -> Result<()> {
        let texts = said
            .iter()
            .map(|(name, Metadata { kind, help, .. })| format!("{name} is {kind}: {help}"));
        self.said.lock().unwrap().extend(texts);
        Ok(())
    }
}

struct Recording {
    recorder: Recorder,
    appender: Box<dyn Appender>,
    names: BTreeMap<SeriesRef, String>,
    staged: Vec<String>,
}

impl Appender for Recording {
    fn series(&mut self, labels: &Labels) -> Result<SeriesRef> {
        let series = self.appender.series(labels)?;
        self.names.insert(series, labels.metric_name().to_owned());
        Ok(series)
    }

    fn stage(&mut self, series: SeriesRef, time: Timestamp, value: f64) -> Verdict {
        self.appender.stage(series, time, value)
    }

    fn stage_value(
        &mut self,
        series: SeriesRef,
        time: Timestamp,
        start: Timestamp,
        value: Value,
    ) -> Verdict {
        self.appender.stage_value(series, time, start, value)
    }

    fn stage_row(
        &mut self,
        time: Timestamp,
        series: &[SeriesRef],
        values: &[f64],
        refused: &mut Vec<(usize, Verdict)>,
    ) {
        self.appender.stage_row(time, series, values, refused);
    }

    fn keeps_exemplars(&self) -> bool {
        true
    }

    fn stage_exemplar(&mut self, series: SeriesRef, exemplar: Exemplar) -> ExemplarVerdict {
        let Exemplar { labels, value, time, is_timed } = exemplar;
        let trace = labels.get("t").unwrap_or_default();
        let seconds = time.as_seconds() - START.as_secs_f64();
        let whose = if is_timed { "" } else { " by scrape" };
        self.staged.push(format!("{} {trace}={value}@{seconds}{whose}", self.names[&series]));
        if trace.starts_with("late") {
            ExemplarVerdict::OutOfOrder
        } else {
            ExemplarVerdict::Accepted
        }
    }

    fn commit(&mut self) -> Result<Committed> {
        self.recorder.said.lock().unwrap().append(&mut self.staged);
        self.appender.commit()
    }

    fn rollback(&mut self) {
        self.staged.clear();
        self.appender.rollback();
    }
}

/// Scrapes the bodies one after the other, and returns what the store was given each time.
async fn play(bodies: &[String]) -> (Scraping, Vec<Vec<String>>) {
    let (recorder, exporter) = (Recorder::default(), Exporter::text("").await);
    let scraping = recorder.scraping();
    scraping.apply(vec![job(config(), &[&exporter])]).await;
    let mut said = Vec::new();
    for body in bodies {
        exporter.set(Reply::open_metrics(format!("{body}# EOF\n")));
        scraping.scrape().await;
        said.push(recorder.said());
    }
    (scraping, said)
}

#[tokio::test(start_paused = true)]
async fn exemplars_are_handed_over_with_their_times_or_those_of_their_samples() {
    let at = |seconds: u64| START.as_secs() + seconds;
    let body = format!(
        "a 1 # {{t=\"own\"}} 2 {}.5\nb 1 {} # {{t=\"sample\"}} 3\nc 1 # {{t=\"scrape\"}} 4\nd NaN # {{t=\"nan\"}} 5\n",
        at(1),
        at(2)
    );
    let (_, said) = play(&[body.clone(), body]).await;
    let shown = |seconds: u32| {
        vec![
            "a own=2@1.5".to_owned(),
            "b sample=3@2 by scrape".to_owned(),
            format!("c scrape=4@{seconds} by scrape"),
            format!("d nan=5@{seconds} by scrape"),
        ]
    };
    let sorted = |mut said: Vec<String>| {
        said.sort();
        said
    };
    assert_eq!(said.into_iter().map(sorted).collect::<Vec<_>>(), [shown(10), shown(20)]);
}

#[tokio::test(start_paused = true)]
async fn exemplars_of_samples_that_are_refused_are_left_out() {
    let at = |seconds: u64| START.as_secs() + seconds;
    let bodies = [
        format!("m 1 {} # {{t=\"new\"}} 1\n", at(5)),
        format!("m 2 {} # {{t=\"old\"}} 1\nn 1 # {{t=\"n\"}} 1\nn 2 # {{t=\"twice\"}} 1\n", at(4)),
        // A body that is wrong at its end leaves nothing.
        "m 3 # {t=\"lost\"} 1\nm{\n".to_owned(),
    ];
    let (_, said) = play(&bodies).await;
    assert_eq!(said[0], ["m new=1@5 by scrape"]);
    assert_eq!(said[1], ["n n=1@20 by scrape"]);
    assert_eq!(said[2], [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn exemplars_out_of_order_are_counted() {
    let (scraping, said) = play(&["a 1 # {t=\"late\"} 1\nb 1 # {t=\"ok\"} 1\n".to_owned()]).await;
    assert_eq!(said[0].len(), 2);
    assert_eq!(scraping.own_metric("prometheus_target_scrapes_exemplar_out_of_order_total"), 1.0);
}

#[tokio::test(start_paused = true)]
async fn what_is_said_about_metrics_is_handed_over_when_it_is_new() {
    let first = "# TYPE m counter\n# HELP m One.\nm_total 1\n# TYPE g gauge\ng 1\n".to_owned();
    let second = first.replace("One.", "Two.");
    let (_, said) = play(&[first.clone(), first, second]).await;
    assert_eq!(said[0], ["m is counter: One.", "g is gauge: "]);
    assert_eq!(said[1], [""; 0]);
    assert_eq!(said[2], ["m is counter: Two."]);
}
