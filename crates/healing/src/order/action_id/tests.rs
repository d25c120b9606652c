use std::collections::BTreeMap;
use std::time::Duration;

use regain_http::{ClientConfig, Secret};
use regain_systemd::{Bus, Verb};

use super::*;
use crate::order::{
    AllowList, JenkinsLogin, JenkinsServer, JobPath, Pattern, UnitName, UnstableIs,
};

fn label(name: &str, pattern: &str) -> Value {
    let pattern = Pattern::new(pattern).unwrap();
    Value::Label(LabelValue { label: name.to_owned(), pattern, bytes_max: 64 })
}

fn fixed(text: &str) -> Value {
    Value::Fixed(text.to_owned())
}

fn units() -> SystemdAction {
    SystemdAction {
        unit: UnitChoice::Label { label: "unit".to_owned(), allow: AllowList::default() },
        verb: Verb::Restart,
        bus: Bus::System,
    }
}

fn cleaner() -> CommandAction {
    CommandAction {
        program: "/bin/clean".into(),
        arguments: vec![fixed("a"), label("disk", ".*")],
        env: BTreeMap::new(),
        cwd: "/".into(),
        grace: CommandAction::GRACE,
    }
}

fn request() -> HttpAction {
    HttpAction {
        url: HttpAction::check_url("http://app.example/").unwrap(),
        path: vec![fixed("heal")],
        query: vec![("by".to_owned(), fixed("regain"))],
        method: http::Method::POST,
        headers: Vec::new(),
        body: Some(JsonTemplate::List(vec![JsonTemplate::Text(fixed("a")), JsonTemplate::Null])),
        http: ClientConfig::default(),
        idempotent: false,
        timeout: HttpAction::TIMEOUT,
    }
}

fn server() -> JenkinsServer {
    JenkinsServer {
        name: "main".into(),
        url: JenkinsServer::check_url("https://ci.example").unwrap(),
        login: JenkinsLogin::Anonymous,
        http: ClientConfig::default(),
        allow: AllowList::default(),
        timeout: JenkinsServer::TIMEOUT,
        stop_grace: JenkinsServer::STOP_GRACE,
    }
}

fn job() -> JenkinsAction {
    JenkinsAction {
        server: Arc::new(server()),
        job: JobChoice::Label { label: "jenkins_job".to_owned(), folder: None },
        parameters: BTreeMap::from([("HOST".to_owned(), label("instance", ".*"))]),
        execution_id_parameter: "ID".to_owned(),
        build_token_file: None,
        unstable: UnstableIs::Failure,
    }
}

fn id(action: impl Into<Action>) -> ActionId {
    ActionId::of(&action.into())
}

fn changed<T: Into<Action>>(mut action: T, change: impl FnOnce(&mut T)) -> ActionId {
    change(&mut action);
    id(action)
}

impl From<SystemdAction> for Action {
    fn from(action: SystemdAction) -> Self {
        Self::Systemd(action)
    }
}

impl From<CommandAction> for Action {
    fn from(action: CommandAction) -> Self {
        Self::Command(action)
    }
}

impl From<HttpAction> for Action {
    fn from(action: HttpAction) -> Self {
        Self::Http(Box::new(action))
    }
}

impl From<JenkinsAction> for Action {
    fn from(action: JenkinsAction) -> Self {
        Self::Jenkins(Box::new(action))
    }
}

#[test]
fn an_action_that_does_something_else_has_another_id() {
    let named = UnitChoice::Fixed(UnitName::parse("app.service").unwrap());
    let other_server = JenkinsServer {
        url: JenkinsServer::check_url("https://other.example").unwrap(),
        ..server()
    };
    let folder = Some(JobPath::parse("production").unwrap());
    let body = |items: Vec<JsonTemplate>| Some(JsonTemplate::List(items));
    let ids = [
        id(units()),
        changed(units(), |one| one.verb = Verb::Reload),
        changed(units(), |one| one.bus = Bus::User),
        changed(units(), |one| one.bus = Bus::private()),
        changed(units(), |one| one.unit = named),
        id(cleaner()),
        changed(cleaner(), |one| one.program = "/bin/wipe".into()),
        changed(cleaner(), |one| one.cwd = "/tmp".into()),
        changed(cleaner(), |one| one.arguments = vec![fixed("alabel"), fixed("disk")]),
        changed(cleaner(), |one| one.arguments[1] = label("host", ".*")),
        changed(cleaner(), |one| one.arguments[1] = fixed("disk")),
        id(request()),
        changed(request(), |one| one.url.set_path("/v2/")),
        changed(request(), |one| one.method = http::Method::PUT),
        changed(request(), |one| one.path.push(fixed("now"))),
        changed(request(), |one| one.query.clear()),
        changed(request(), |one| one.body = None),
        changed(request(), |one| one.body = body(vec![JsonTemplate::Text(fixed("a"))])),
        changed(request(), |one| one.body = body(vec![JsonTemplate::Bool(true)])),
        changed(request(), |one| one.body = Some(JsonTemplate::Number(1.into()))),
        changed(request(), |one| one.body = Some(JsonTemplate::Object(Vec::new()))),
        id(job()),
        changed(job(), |one| one.server = Arc::new(other_server)),
        changed(job(), |one| {
            one.job = JobChoice::Label { label: "jenkins_job".to_owned(), folder }
        }),
        changed(job(), |one| one.job = JobChoice::Fixed(JobPath::parse("start").unwrap())),
        changed(job(), |one| one.parameters.clear()),
        changed(job(), |one| one.execution_id_parameter = "EXECUTION".to_owned()),
        changed(job(), |one| one.build_token_file = Some("/token".into())),
    ];
    for (index, id) in ids.iter().enumerate() {
        assert_eq!(id.as_str().len(), ActionId::DIGITS);
        let twin = ids[..index].iter().position(|earlier| earlier == id);
        assert_eq!(twin, None, "the twin of {index}");
    }
}

#[test]
fn secrets_times_and_what_is_allowed_make_no_other_action() {
    let minute = Duration::from_mins(1);
    let allow =
        AllowList { names: vec![UnitName::parse("app.service").unwrap()], patterns: vec![] };
    let unit = UnitChoice::Label { label: "unit".to_owned(), allow };
    assert_eq!(id(units()), changed(units(), |one| one.unit = unit));
    assert_eq!(
        id(cleaner()),
        changed(cleaner(), |one| {
            one.env.insert("KEY".to_owned(), Secret::new("hunter2"));
            one.arguments[1] = label("disk", "sd[a-z]");
            one.grace = minute;
        })
    );
    assert_eq!(id(request()), changed(request(), |one| one.timeout = minute));
    let file = "/token".into();
    let login = JenkinsLogin::Token { user: "regain".to_owned(), file };
    let server = JenkinsServer { name: "ci".into(), login, timeout: minute, ..server() };
    assert_eq!(
        id(job()),
        changed(job(), |one| {
            one.server = Arc::new(server);
            one.unstable = UnstableIs::Success;
        })
    );
}
