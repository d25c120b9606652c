//! Which request is answered by what.

use std::sync::Arc;

use serde_json::{Value, json};

use super::document::{Pages, outline};
use super::job::Job;
use super::login::{CRUMB, Caller};
use super::state::{Record, Shared};
use super::wire::{Answer, Request};
use super::{tree, trigger};

/// Answers a request.
pub(crate) fn answer(shared: &Arc<Shared>, request: &Request) -> Answer {
    if shared.state().starting {
        return Answer::html(503, "Please wait while Jenkins is getting ready to work");
    }
    let mut names: &[String] = &request.path;
    for name in shared.prefix.split('/').filter(|name| !name.is_empty()) {
        match names.split_first() {
            Some((first, rest)) if first == name => names = rest,
            _ => return not_found(),
        }
    }
    let Some(caller) = shared.caller(request) else {
        let realm = "Basic realm=\"Jenkins\"";
        return Answer::html(401, "Invalid password/token").header("WWW-Authenticate", realm);
    };
    if request.method == "POST" && !shared.is_own(&shared.state(), request, &caller) {
        return Answer::html(403, "No valid crumb was included in the request");
    }
    if caller.user.is_none() && !caller.may.reads {
        let who = "anonymous is missing the Overall/Read permission";
        return Answer::html(403, who).header("X-You-Are-Authenticated-As", "anonymous");
    }
    let root = shared.root_url.clone().unwrap_or_else(|| {
        let host = request.header("host").unwrap_or("localhost");
        format!("http://{host}{}", shared.prefix)
    });
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Visit { shared, request, caller: &caller, root: &root }.answer(&names)
}

/// A request that may come in.
struct Visit<'a> {
    shared: &'a Arc<Shared>,
    request: &'a Request,
    caller: &'a Caller,
    root: &'a str,
}

impl Visit<'_> {
    fn answer(&self, names: &[&str]) -> Answer {
        match names {
            [] | [""] => Answer::html(200, "Dashboard [Jenkins]"),
            ["api", "json"] => self.page(|pages| Some(pages.front())),
            ["crumbIssuer", "api", "json"] => self.crumb(),
            ["me", "api", "json"] => self.me(),
            ["queue", "api", "json"] => self.page(|pages| Some(pages.queue())),
            ["queue", "item", id, "api", "json"] => self.item(id),
            ["queue", "item", id, ""] => self.item_exists(id),
            ["queue", "cancelItem"] => self.post(Self::cancel_item),
            ["computer", "api", "json"] => self.page(|pages| {
                let node = pages.node();
                Some(json!({"_class": "hudson.model.ComputerSet", "computer": [node]}))
            }),
            ["computer", _, "api", "json"] => self.page(|pages| Some(pages.node())),
            ["quietDown"] => self.post(|visit| visit.quiet_down(true)),
            ["cancelQuietDown"] => self.post(|visit| visit.quiet_down(false)),
            ["job", ..] => self.job(names),
            _ => not_found(),
        }
    }

    /// Shows a document, or what its parameter `tree` names of it.
    fn page(&self, page: impl FnOnce(&Pages<'_>) -> Option<Value>) -> Answer {
        let state = self.shared.state();
        let sees_jobs = self.caller.may.reads;
        let pages = Pages { shared: self.shared, state: &state, root: self.root, sees_jobs };
        let Some(document) = page(&pages) else { return not_found() };
        match self.request.field("tree").filter(|tree| !tree.is_empty()) {
            None => Answer::json(&outline(document)),
            Some(wanted) => match tree::prune(&document, &wanted) {
                Some(pruned) => Answer::json(&pruned),
                None => Answer::html(400, "bad tree").header("X-Error", "bad tree"),
            },
        }
    }

    /// Lets only a POST through.
    fn post(&self, answer: impl FnOnce(&Self) -> Answer) -> Answer {
        if self.request.method == "POST" {
            answer(self)
        } else {
            Answer::html(405, "Method POST required").header("Allow", "POST")
        }
    }

    fn crumb(&self) -> Answer {
        if !self.shared.crumbs {
            return not_found();
        }
        let user = self.caller.user.as_deref();
        let (crumb, cookie) = self.shared.state().sessions.crumb(self.request, user);
        let class = "hudson.security.csrf.DefaultCrumbIssuer";
        let page = json!({"_class": class, "crumb": crumb, "crumbRequestField": CRUMB});
        let answer = Answer::json(&page);
        match cookie {
            Some(cookie) => answer.header("Set-Cookie", cookie),
            None => answer,
        }
    }

    fn me(&self) -> Answer {
        let Some(name) = &self.caller.user else { return Answer::html(403, "anonymous is nobody") };
        let url = format!("{}/user/{name}", self.root);
        let class = "hudson.model.User";
        Answer::json(&json!({"_class": class, "absoluteUrl": url, "fullName": name, "id": name}))
    }

    fn item(&self, id: &str) -> Answer {
        self.page(|pages| {
            let id: u64 = id.parse().ok()?;
            let item = pages.state.items.iter().find(|item| item.id == id)?;
            pages.sees_jobs.then(|| pages.item(item))
        })
    }

    /// The bare address of an item, which is there for whoever follows a redirect to it.
    fn item_exists(&self, id: &str) -> Answer {
        let known = id
            .parse()
            .is_ok_and(|id: u64| self.shared.state().items.iter().any(|item| item.id == id));
        if known {
            Answer::text(
                "Queue item exists. For details check, for example, api/json?tree=cancelled",
            )
        } else {
            not_found()
        }
    }

    fn cancel_item(&self) -> Answer {
        let id = self.request.field("id").and_then(|id| id.parse().ok());
        let known =
            id.filter(|id: &u64| self.shared.state().items.iter().any(|item| item.id == *id));
        match known {
            Some(_) if !self.caller.may.reads => not_found(),
            Some(_) if !self.caller.may.cancels => Answer::html(422, "no permission to cancel"),
            Some(id) if self.shared.change(|state| state.cancel(id)) => Answer::empty(204),
            Some(_) => Answer::html(500, "could not be cancelled"),
            None => not_found(),
        }
    }

    fn quiet_down(&self, quieting: bool) -> Answer {
        if !self.caller.may.builds {
            return Answer::html(403, "missing the Overall/Administer permission");
        }
        self.shared.change(|state| state.quieting = quieting);
        Answer::empty(302).header("Location", ".")
    }

    /// Answers everything below `job/…`.
    fn job(&self, names: &[&str]) -> Answer {
        let mut rest = names;
        let mut full_name = String::new();
        while let ["job", name, after @ ..] = rest {
            if !full_name.is_empty() {
                full_name.push('/');
            }
            full_name.push_str(name);
            rest = after;
        }
        if !self.caller.may.reads {
            return not_found();
        }
        let is_job = self.shared.state().jobs.contains_key(&full_name);
        match rest {
            [] => self.add_slash(),
            ["api", "json"] => self.page(|pages| match pages.state.jobs.get(&full_name) {
                Some(project) => Some(pages.job(&full_name, project)),
                None => pages.folder(&full_name),
            }),
            [""] if is_job => Answer::html(200, &full_name),
            ["build"] if is_job => {
                trigger::build(self.shared, self.request, self.caller, &full_name, self.root)
            }
            ["buildWithParameters"] if is_job => trigger::build_with_parameters(
                self.shared,
                self.request,
                self.caller,
                &full_name,
                self.root,
            ),
            ["enable"] if is_job => self.post(|visit| visit.set_disabled(&full_name, false)),
            ["disable"] if is_job => self.post(|visit| visit.set_disabled(&full_name, true)),
            [number, below @ ..] if is_job => self.build(&full_name, number, below),
            _ => not_found(),
        }
    }

    fn set_disabled(&self, job: &str, disabled: bool) -> Answer {
        if !self.caller.may.builds {
            return Answer::html(403, "missing the Job/Configure permission");
        }
        self.shared.change(|state| state.set_disabled(job, disabled));
        Answer::empty(302).header("Location", ".")
    }

    /// Answers everything below the number of a build.
    fn build(&self, job: &str, number: &str, below: &[&str]) -> Answer {
        let runs = self.shared.state().builds(job);
        let number = match number {
            "lastBuild" => runs.last().map(|run| run.number),
            number => number.parse().ok(),
        };
        let Some(run) = runs.into_iter().find(|run| Some(run.number) == number) else {
            return not_found();
        };
        match below {
            [] => self.add_slash(),
            [""] => Answer::html(200, &format!("{job} #{}", run.number)),
            ["api", "json"] => self.page(|pages| {
                let project = pages.state.jobs.get(job)?;
                let same = |record: &&Record| record.number == run.number;
                let record = project.runs.iter().find(same)?;
                Some(pages.build(job, &project.job, record))
            }),
            ["consoleText"] => Answer::text(run.console),
            ["logText", "progressiveText" | "progressiveHtml"] => {
                self.progressive(&run.console, run.result.is_none())
            }
            ["stop"] => self.post(|visit| visit.stop(job, run.number, false)),
            ["term" | "kill"] if !self.is_pipeline(job) => not_found(),
            ["term"] => self.post(|visit| visit.stop(job, run.number, false)),
            ["kill"] => self.post(|visit| visit.stop(job, run.number, true)),
            _ => not_found(),
        }
    }

    fn is_pipeline(&self, job: &str) -> bool {
        let pipeline = |job: &Job| job.pipeline;
        self.shared.state().jobs.get(job).is_some_and(|project| pipeline(&project.job))
    }

    fn stop(&self, job: &str, number: u32, kill: bool) -> Answer {
        if !self.caller.may.cancels {
            return Answer::html(403, "missing the Job/Cancel permission");
        }
        self.shared.change(|state| state.stop_build(job, number, kill));
        Answer::empty(302).header("Location", ".")
    }

    /// Shows the log from a place on; a place behind its end means its beginning.
    fn progressive(&self, console: &str, running: bool) -> Answer {
        let start = self.request.field("start").and_then(|start| start.parse().ok()).unwrap_or(0);
        let bytes = console.as_bytes();
        let shown = bytes.get(start..).unwrap_or(bytes);
        let answer = Answer::text(shown).header("X-Text-Size", bytes.len().to_string());
        if running { answer.header("X-More-Data", "true") } else { answer }
    }

    /// Sends the client to the same page with a slash at its end.
    fn add_slash(&self) -> Answer {
        let (path, query) = match self.request.target.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (self.request.target.as_str(), String::new()),
        };
        Answer::empty(302).header("Location", format!("{path}/{query}"))
    }
}

fn not_found() -> Answer {
    Answer::html(404, "Not Found")
}
