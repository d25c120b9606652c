//! The documents of the API.

use serde_json::{Map, Value, json};

use super::job::{BuildResult, Job};
use super::state::{Cause, Item, Project, Record, Shared, State};

const FOLDER: &str = "com.cloudbees.hudson.plugins.folder.Folder";
/// Says whether a link may lead to a build.
type Wanted = fn(&Record) -> bool;
/// Links to builds, by what they are called and which result they want.
const LINKS: [(&str, Wanted); 7] = [
    ("lastBuild", |_| true),
    ("lastCompletedBuild", |run| run.ended.is_some()),
    ("lastFailedBuild", |run| has(run, &[BuildResult::Failure])),
    ("lastStableBuild", |run| has(run, &[BuildResult::Success])),
    ("lastSuccessfulBuild", |run| has(run, &[BuildResult::Success, BuildResult::Unstable])),
    ("lastUnstableBuild", |run| has(run, &[BuildResult::Unstable])),
    ("lastUnsuccessfulBuild", |run| run.ended.is_some() && !has(run, &[BuildResult::Success])),
];

fn has(run: &Record, results: &[BuildResult]) -> bool {
    run.ended.is_some_and(|(_, result)| results.contains(&result))
}

/// What documents are made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pages<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) state: &'a State,
    /// The root of every address, without a slash at its end.
    pub(crate) root: &'a str,
    /// Whether the caller sees jobs.
    pub(crate) sees_jobs: bool,
}

impl Pages<'_> {
    /// The front page.
    pub(crate) fn front(&self) -> Value {
        json!({
            "_class": "hudson.model.Hudson",
            "assignedLabels": [{"name": "built-in"}],
            "description": null,
            "jobs": self.jobs_in(""),
            "mode": "NORMAL",
            "nodeDescription": "the Jenkins controller's built-in node",
            "nodeName": "",
            "numExecutors": self.state.executors,
            "quietDownReason": null,
            "quietingDown": self.state.quieting,
            "slaveAgentPort": -1,
            "url": format!("{}/", self.root),
            "useCrumbs": self.shared.crumbs,
            "useSecurity": true,
        })
    }

    /// The page of a folder; nothing where no job lies in it.
    pub(crate) fn folder(&self, full_name: &str) -> Option<Value> {
        let jobs = self.jobs_in(&format!("{full_name}/"));
        let name = full_name.rsplit('/').next().unwrap_or_default();
        (!jobs.is_empty()).then(|| {
            json!({
                "_class": FOLDER,
                "displayName": name,
                "fullDisplayName": full_name.replace('/', " » "),
                "fullName": full_name,
                "jobs": jobs,
                "name": name,
                "url": self.job_url(full_name),
            })
        })
    }

    /// Jobs and folders whose names go on directly after `prefix`.
    fn jobs_in(&self, prefix: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut last = None;
        for (full_name, project) in self.state.jobs.iter().filter(|_| self.sees_jobs) {
            let Some(rest) = full_name.strip_prefix(prefix) else { continue };
            match rest.split_once('/') {
                None => all.push(self.job(full_name, project)),
                Some((folder, _)) => {
                    let folder = format!("{prefix}{folder}");
                    if last.as_ref() != Some(&folder) {
                        all.extend(self.folder(&folder));
                        last = Some(folder);
                    }
                }
            }
        }
        all
    }

    /// The page of a job, with all of its builds.
    pub(crate) fn job(&self, full_name: &str, project: &Project) -> Value {
        let Project { job, disabled, runs } = project;
        let name = full_name.rsplit('/').next().unwrap_or_default();
        let queued =
            self.state.items.iter().find(|item| item.left.is_none() && item.job == full_name);
        let build = |run: &Record| self.build(full_name, job, run);
        let mut page = json!({
            "_class": job.class(),
            "actions": [],
            "buildable": !disabled,
            "builds": runs.iter().rev().map(build).collect::<Vec<_>>(),
            "color": color(project),
            "concurrentBuild": job.concurrent,
            "description": "",
            "disabled": disabled,
            "displayName": name,
            "firstBuild": runs.first().map(build),
            "fullDisplayName": full_name.replace('/', " » "),
            "fullName": full_name,
            "healthReport": [],
            "inQueue": queued.is_some(),
            "keepDependencies": false,
            "name": name,
            "nextBuildNumber": runs.last().map_or(1, |run| run.number + 1),
            "property": definitions(job),
            "queueItem": queued.map(|item| self.item(item)),
            "url": self.job_url(full_name),
        });
        page["allBuilds"] = page["builds"].clone();
        for (link, wanted) in LINKS {
            page[link] = runs.iter().rev().find(|run| wanted(run)).map_or(Value::Null, build);
        }
        page
    }

    /// The page of a build.
    pub(crate) fn build(&self, full_name: &str, job: &Job, run: &Record) -> Value {
        let duration = run.ended.map_or(0, |(at, _)| at.saturating_sub(run.started).as_millis());
        json!({
            "_class": job.build_class(),
            "actions": actions(&run.item),
            "artifacts": [],
            "building": run.is_running(),
            "description": null,
            "displayName": format!("#{}", run.number),
            "duration": u64::try_from(duration).unwrap_or(u64::MAX),
            "estimatedDuration": -1,
            "fullDisplayName": format!("{} #{}", full_name.replace('/', " » "), run.number),
            "id": run.number.to_string(),
            "inProgress": run.is_running(),
            "keepLog": false,
            "number": run.number,
            "queueId": run.item.id,
            "result": run.ended.map(|(_, result)| result.as_str()),
            "timestamp": u64::try_from(run.started.as_millis()).unwrap_or(u64::MAX),
            "url": self.build_url(full_name, run.number),
        })
    }

    /// The queue.
    pub(crate) fn queue(&self) -> Value {
        let waiting = self.state.items.iter().filter(|item| item.left.is_none() && self.sees_jobs);
        let items: Vec<Value> = waiting.map(|item| self.item(item)).collect();
        json!({"_class": "hudson.model.Queue", "discoverableItems": [], "items": items})
    }

    /// The page of an item of the queue.
    pub(crate) fn item(&self, item: &Item) -> Value {
        let class = self.state.jobs.get(&item.job).map_or("", |project| project.job.class());
        let mut params = String::new();
        for (name, value) in &item.parameters {
            params.extend(["\n", name, "=", value]);
        }
        let (kind, why) = self.waits(item);
        let mut page = json!({
            "_class": format!("hudson.model.Queue${kind}"),
            "actions": actions(item),
            "blocked": kind == "BlockedItem",
            "buildable": kind == "BuildableItem",
            "id": item.id,
            "inQueueSince": u64::try_from(item.since.as_millis()).unwrap_or(u64::MAX),
            "params": params,
            "stuck": false,
            "task": {
                "_class": class,
                "color": self.state.jobs.get(&item.job).map(color),
                "name": item.job.rsplit('/').next(),
                "url": self.job_url(&item.job),
            },
            "url": format!("queue/item/{}/", item.id),
            "why": why,
        });
        if let Some(left) = item.left {
            page["cancelled"] = json!(left.build.is_none());
            page["executable"] =
                left.build.map_or(Value::Null, |number| self.executable(&item.job, number));
        }
        page
    }

    fn executable(&self, job: &str, number: u32) -> Value {
        let class = self.state.jobs.get(job).map_or("", |project| project.job.build_class());
        json!({"_class": class, "number": number, "url": self.build_url(job, number)})
    }

    /// Which kind of item it is, and what it waits for.
    fn waits(&self, item: &Item) -> (&'static str, Option<String>) {
        let left = item.due.saturating_sub(self.state.now());
        if item.left.is_some() {
            ("LeftItem", None)
        } else if !left.is_zero() {
            let why = format!("In the quiet period. Expires in {:.1} sec", left.as_secs_f64());
            ("WaitingItem", Some(why))
        } else if let Some(number) = self.state.blocked_by(item) {
            let why = format!("Build #{number} is already in progress (ETA: N/A)");
            ("BlockedItem", Some(why))
        } else if self.state.quieting {
            ("BuildableItem", Some("Jenkins is about to shut down".to_owned()))
        } else {
            ("BuildableItem", Some("Waiting for next available executor".to_owned()))
        }
    }

    /// The only node and what it builds.
    pub(crate) fn node(&self) -> Value {
        let mut running = self.state.running().map(|(job, run)| self.executable(job, run.number));
        let executor = |number| {
            let current = running.next();
            json!({"number": number, "idle": current.is_none(), "currentExecutable": current})
        };
        let executors: Vec<Value> = (0..self.state.executors).map(executor).collect();
        json!({
            "_class": "hudson.model.Hudson$MasterComputer",
            "assignedLabels": [{"name": "built-in"}],
            "description": "the Jenkins controller's built-in node",
            "displayName": "Built-In Node",
            "executors": executors,
            "idle": self.state.running().next().is_none(),
            "numExecutors": self.state.executors,
            "offline": false,
            "offlineCause": null,
            "oneOffExecutors": [],
        })
    }

    fn job_url(&self, full_name: &str) -> String {
        let segments =
            full_name.split('/').map(|name| format!("job/{}/", crate::http::encode(name)));
        format!("{}/{}", self.root, segments.collect::<String>())
    }

    fn build_url(&self, full_name: &str, number: u32) -> String {
        format!("{}{number}/", self.job_url(full_name))
    }
}

/// Cuts nested builds and jobs down to what a document shows of them when nobody asks for more.
pub(crate) fn outline(mut document: Value) -> Value {
    const SHOWN: [&str; 5] = ["_class", "name", "number", "url", "color"];
    let cut = |nested: &mut Value| {
        if let Value::Object(object) = nested {
            let old = std::mem::take(object);
            *object = old.into_iter().filter(|(key, _)| SHOWN.contains(&key.as_str())).collect();
        }
    };
    let Value::Object(fields) = &mut document else { return document };
    fields.remove("allBuilds");
    for (name, value) in fields.iter_mut() {
        match value {
            Value::Array(all) if name == "builds" || name == "jobs" => all.iter_mut().for_each(cut),
            Value::Object(_) if name == "firstBuild" || name.starts_with("last") => cut(value),
            _ => {}
        }
    }
    document
}

fn color(project: &Project) -> String {
    let ended = project.runs.iter().rev().find_map(|run| run.ended);
    let color = match ended.map(|(_, result)| result) {
        _ if project.disabled => "disabled",
        None => "notbuilt",
        Some(BuildResult::Success) => "blue",
        Some(BuildResult::Unstable) => "yellow",
        Some(BuildResult::Failure) => "red",
        Some(BuildResult::NotBuilt) => "notbuilt",
        Some(BuildResult::Aborted) => "aborted",
    };
    let running = project.runs.iter().any(Record::is_running);
    format!("{color}{}", if running { "_anime" } else { "" })
}

/// What a job declares.
fn definitions(job: &Job) -> Vec<Value> {
    let definition = |(name, default): &(String, String)| {
        json!({
            "_class": "hudson.model.StringParameterDefinition",
            "defaultParameterValue":
                {"_class": "hudson.model.StringParameterValue", "name": name, "value": default},
            "description": "",
            "name": name,
            "type": "StringParameterDefinition",
        })
    };
    if job.parameters.is_empty() {
        return Vec::new();
    }
    let all: Vec<Value> = job.parameters.iter().map(definition).collect();
    let class = "hudson.model.ParametersDefinitionProperty";
    vec![json!({"_class": class, "parameterDefinitions": all})]
}

/// What came with an item: parameters and causes.
fn actions(item: &Item) -> Vec<Value> {
    let parameter = |(name, value): &(String, String)| json!({"_class": "hudson.model.StringParameterValue", "name": name, "value": value});
    let cause = |cause: &Cause| {
        let mut page = Map::new();
        let (class, fields): (&str, Vec<(&str, Value)>) = match cause {
            Cause::User(name) => (
                "hudson.model.Cause$UserIdCause",
                vec![("userId", json!(name)), ("userName", json!(name))],
            ),
            Cause::Remote { address, note } => (
                "hudson.model.Cause$RemoteCause",
                vec![("addr", json!(address)), ("note", json!(note))],
            ),
        };
        page.insert("_class".to_owned(), json!(class));
        page.insert("shortDescription".to_owned(), json!(cause.text()));
        page.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Value::Object(page)
    };
    let mut actions = Vec::new();
    if !item.parameters.is_empty() {
        let all: Vec<Value> = item.parameters.iter().map(parameter).collect();
        actions.push(json!({"_class": "hudson.model.ParametersAction", "parameters": all}));
    }
    let causes: Vec<Value> = item.causes.iter().map(cause).collect();
    actions.push(json!({"_class": "hudson.model.CauseAction", "causes": causes}));
    actions
}
