//! The documents of Jenkins' API, as far as they are asked for.

use serde::Deserialize;

use crate::order::{ExecutionId, JenkinsAction};

/// Is what a job declares and may do.
#[derive(Debug, Deserialize)]
pub(super) struct JobPage {
    /// Absent on what is no job, such as a folder.
    pub(super) buildable: Option<bool>,
    #[serde(default)]
    property: Vec<Option<Declared>>,
    #[serde(default)]
    actions: Vec<Option<Declared>>,
}

#[derive(Debug, Deserialize)]
struct Declared {
    #[serde(default, rename = "parameterDefinitions")]
    definitions: Vec<Definition>,
}

#[derive(Debug, Deserialize)]
struct Definition {
    name: String,
}

impl JobPage {
    pub(super) const TREE: &'static str =
        "buildable,property[parameterDefinitions[name]],actions[parameterDefinitions[name]]";

    /// Says whether the job takes parameters.
    pub(super) fn is_parameterized(&self) -> bool {
        self.declared().next().is_some()
    }

    /// Says whether the job declares a parameter; Jenkins drops the others without a word.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.declared().any(|declared| declared == name)
    }

    fn declared(&self) -> impl Iterator<Item = &str> {
        let all = self.property.iter().chain(&self.actions).flatten();
        all.flat_map(|part| &part.definitions).map(|definition| definition.name.as_str())
    }
}

/// Is what hangs on an item or a build: parameters and causes.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Attached {
    #[serde(default)]
    parameters: Vec<Parameter>,
    #[serde(default)]
    causes: Vec<Cause>,
}

#[derive(Debug, Deserialize)]
struct Parameter {
    name: String,
    /// Absent for passwords; not always a text.
    #[serde(default)]
    value: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct Cause {
    note: Option<String>,
    #[serde(rename = "shortDescription")]
    description: Option<String>,
}

pub(super) const ATTACHED: &str = "actions[parameters[name,value],causes[note,shortDescription]]";

/// Says what an item or a build tells of who triggered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It carries the id that is looked for.
    Ours,
    /// It carries another id.
    Foreign,
    /// It carries none.
    None,
}

/// Is the text of a cause that carries an id.
pub(super) fn cause_text(id: &ExecutionId) -> String {
    format!("regain:{id}")
}

/// Compares what hangs on an item or a build with the id of an order.
pub(super) fn mark(
    attached: &[Option<Attached>],
    action: &JenkinsAction,
    id: &ExecutionId,
) -> Mark {
    let text = cause_text(id);
    let parts = || attached.iter().flatten();
    let noted = |cause: &Cause| {
        let holds = |said: &Option<String>| said.as_ref().is_some_and(|said| said.contains(&text));
        holds(&cause.note) || holds(&cause.description)
    };
    if parts().flat_map(|part| &part.causes).any(noted) {
        return Mark::Ours;
    }
    let parameter = parts()
        .flat_map(|part| &part.parameters)
        .find(|parameter| parameter.name == action.execution_id_parameter);
    match parameter.and_then(|parameter| parameter.value.as_str()) {
        Some(value) if value == id.as_str() => Mark::Ours,
        Some(value) if !value.is_empty() => Mark::Foreign,
        Some(_) | None => Mark::None,
    }
}

/// Is the queue.
#[derive(Debug, Deserialize)]
pub(super) struct QueuePage {
    #[serde(default)]
    pub(super) items: Vec<ItemPage>,
}

/// Is an item of the queue.
#[derive(Debug, Deserialize)]
pub(super) struct ItemPage {
    pub(super) id: u64,
    pub(super) why: Option<String>,
    #[serde(default)]
    pub(super) cancelled: bool,
    pub(super) executable: Option<Executable>,
    pub(super) task: Option<Task>,
    #[serde(default)]
    pub(super) actions: Vec<Option<Attached>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Executable {
    pub(super) number: u32,
}

#[derive(Debug, Deserialize)]
pub(super) struct Task {
    /// Its root may be another one than where the server is reached.
    pub(super) url: Option<String>,
}

impl QueuePage {
    pub(super) fn tree() -> String {
        format!("items[id,why,task[url],{ATTACHED}]")
    }
}

impl ItemPage {
    pub(super) fn tree() -> String {
        format!("id,why,cancelled,executable[number],task[url],{ATTACHED}")
    }
}

/// Is the list of a job's builds, newest first.
#[derive(Debug, Deserialize)]
pub(super) struct BuildsPage {
    #[serde(default)]
    pub(super) builds: Vec<BuildPage>,
    #[serde(rename = "nextBuildNumber")]
    pub(super) next_number: Option<u32>,
}

/// Is a build.
#[derive(Debug, Deserialize)]
pub(super) struct BuildPage {
    pub(super) number: u32,
    #[serde(rename = "queueId")]
    pub(super) queue_id: Option<u64>,
    #[serde(default)]
    pub(super) building: bool,
    pub(super) result: Option<String>,
    /// When it began, in milliseconds since 1970 by the server's clock.
    pub(super) timestamp: Option<i64>,
    #[serde(default)]
    pub(super) actions: Vec<Option<Attached>>,
}

impl BuildsPage {
    /// Is how many builds are looked at; more do not come in one answer anyhow.
    pub(super) const COUNT_MAX: usize = 100;

    pub(super) fn tree() -> String {
        let (build, count) = (BuildPage::tree(), Self::COUNT_MAX);
        format!("nextBuildNumber,builds[{build}]{{0,{count}}}")
    }
}

impl BuildPage {
    pub(super) fn tree() -> String {
        format!("number,queueId,building,result,timestamp,{ATTACHED}")
    }

    /// Returns the result of a build that is over. A pipeline may show neither for a moment.
    pub(super) fn ended(&self) -> Option<&str> {
        self.result.as_deref().filter(|_| !self.building)
    }
}
