//! Who may do what: users, API tokens, sessions and crumbs.

use std::hash::{BuildHasher as _, RandomState};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::state::{Shared, State};
use super::wire::Request;

const COOKIE: &str = "JSESSIONID.5e2a";
/// The name of the header that carries a crumb.
pub(crate) const CRUMB: &str = "Jenkins-Crumb";

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    pub(crate) name: String,
    password: String,
    tokens: Vec<String>,
    rights: Rights,
}

/// What somebody may do with jobs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rights {
    pub(crate) reads: bool,
    pub(crate) builds: bool,
    pub(crate) cancels: bool,
}

impl User {
    /// A user with a password who may do everything.
    pub fn new(name: &str, password: &str) -> Self {
        let (name, password) = (name.to_owned(), password.to_owned());
        let rights = Rights { reads: true, builds: true, cancels: true };
        Self { name, password, tokens: Vec::new(), rights }
    }

    /// The same with one more API token.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        self.tokens.push(token.to_owned());
        self
    }

    /// The same who may look and not touch.
    #[must_use]
    pub fn reads_only(self) -> Self {
        Self { rights: Rights { reads: true, ..Rights::default() }, ..self }
    }

    /// The same who may not see any job.
    #[must_use]
    pub fn sees_nothing(self) -> Self {
        Self { rights: Rights::default(), ..self }
    }
}

/// The sessions of one life of the server.
#[derive(Debug)]
pub(crate) struct Sessions {
    /// Differs from one life to the next; it seeds the crumbs, too.
    life: RandomState,
    /// The sessions and whose they are; anonymous ones are nobody's.
    open: Vec<(String, Option<String>)>,
}

/// Somebody who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The user; nothing for an anonymous visitor.
    pub(crate) user: Option<String>,
    /// Whether an API token was shown, which needs no crumb.
    pub(crate) by_token: bool,
    pub(crate) may: Rights,
}

impl Sessions {
    pub(crate) fn new() -> Self {
        Self { life: RandomState::new(), open: Vec::new() }
    }

    /// What `X-Jenkins-Session` shows.
    pub(crate) fn life(&self) -> String {
        format!("{:08x}", self.life.hash_one("life") >> 32)
    }

    /// The crumb of a user in the session of a request, and the cookie of a session that had to be opened.
    pub(crate) fn crumb(
        &mut self,
        request: &Request,
        user: Option<&str>,
    ) -> (String, Option<String>) {
        if let Some(session) = self.session(request, user) {
            return (self.crumb_of(&session, user), None);
        }
        let name = format!("node0{:016x}", self.life.hash_one(("session", self.open.len())));
        self.open.push((name.clone(), user.map(str::to_owned)));
        let cookie = format!("{COOKIE}={name}; Path=/; HttpOnly");
        (self.crumb_of(&name, user), Some(cookie))
    }

    /// Whether a request carries the crumb of this user and of its session.
    pub(crate) fn has_crumb(&self, request: &Request, user: Option<&str>) -> bool {
        let shown = request.header(CRUMB).map(str::to_owned).or_else(|| request.field(CRUMB));
        let session = self.session(request, user);
        session.is_some_and(|session| shown == Some(self.crumb_of(&session, user)))
    }

    fn crumb_of(&self, session: &str, user: Option<&str>) -> String {
        let half = |salt: u8| self.life.hash_one((salt, session, user));
        format!("{:016x}{:016x}", half(0), half(1))
    }

    fn session(&self, request: &Request, user: Option<&str>) -> Option<String> {
        let shown = request.header("cookie")?;
        let value =
            |pair: &str| pair.trim().strip_prefix(COOKIE)?.strip_prefix('=').map(str::to_owned);
        let name = shown.split(';').find_map(value)?;
        let open =
            |(known, owner): &&(String, Option<String>)| *known == name && owner.as_deref() == user;
        self.open.iter().find(open).map(|(name, _)| name.clone())
    }
}

impl Shared {
    /// Who asks; nothing where the login is wrong.
    pub(crate) fn caller(&self, request: &Request) -> Option<Caller> {
        let Some(header) = request.header("authorization") else {
            let may = Rights { reads: self.anonymous_reads, ..Rights::default() };
            return Some(Caller { user: None, by_token: false, may });
        };
        let bytes = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
        let login = String::from_utf8(bytes).ok()?;
        let (name, secret) = login.split_once(':')?;
        let user = self.users.iter().find(|user| user.name == name)?;
        let by_token = user.tokens.iter().any(|token| token == secret);
        if !by_token && user.password != secret {
            return None;
        }
        Some(Caller { user: Some(user.name.clone()), by_token, may: user.rights })
    }

    /// Whether a request that changes something was not sent by another page in the user's browser.
    pub(crate) fn is_own(&self, state: &State, request: &Request, caller: &Caller) -> bool {
        !self.crumbs || caller.by_token || state.sessions.has_crumb(request, caller.user.as_deref())
    }
}
