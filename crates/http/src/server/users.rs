//! The logins of `web.yml`: bcrypt, whose slowness is paid once per password and not per request.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;
use base64::Engine as _;
use hashbrown::HashMap;
use http::{HeaderMap, header};
use tokio::sync::Semaphore;

use crate::secret::Secret;

/// Is how many verdicts are remembered, as in upstream.
const VERDICTS_MAX: usize = 100;

/// Is checked against where the user is unknown, so that the answer takes the same time. It is the
/// hash of a random text that nobody kept.
const UNKNOWN_USER_HASH: &str = "$2b$10$8Kz0yQm2sV5o0mH8mQ1J5u7m0n4c3q1w2e3r4t5y6u7i8o9p0a1s2";

/// Is a digest of user, hash and password; the password itself is not kept.
type Key = [u8; 32];

/// Checks logins.
#[derive(Debug)]
pub(crate) struct Logins {
    verdicts: Mutex<HashMap<Key, bool>>,
    /// One bcrypt at a time, so that wrong passwords cannot take all processors.
    turn: Semaphore,
}

impl Default for Logins {
    fn default() -> Self {
        Self { verdicts: Mutex::default(), turn: Semaphore::new(1) }
    }
}

impl Logins {
    /// Says whether the request carries the name and password of a user.
    pub(crate) async fn check(
        &self,
        users: &BTreeMap<String, Secret>,
        headers: &HeaderMap,
    ) -> bool {
        let Some((name, password)) = credentials(headers) else {
            return false;
        };
        let (hash, known) = match users.get(&name) {
            Some(hash) => (hash.expose(), true),
            None => (UNKNOWN_USER_HASH, false),
        };
        let key = key_of(&name, hash, &password);
        if let Some(verdict) = self.remembered(&key) {
            return verdict;
        }
        let Ok(_turn) = self.turn.acquire().await else {
            return false;
        };
        // Whoever waited may find the verdict of the one before.
        if let Some(verdict) = self.remembered(&key) {
            return verdict;
        }
        let hash = hash.to_owned();
        let matches =
            tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash).unwrap_or(false));
        let verdict = matches.await.unwrap_or(false) && known;
        self.remember(key, verdict);
        verdict
    }

    fn remembered(&self, key: &Key) -> Option<bool> {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    fn remember(&self, key: Key, verdict: bool) {
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        if verdicts.len() >= VERDICTS_MAX {
            // Refusals go first: guesses must not push out the users who log in rightly.
            verdicts.retain(|_, verdict| *verdict);
            if verdicts.len() >= VERDICTS_MAX {
                verdicts.clear();
            }
        }
        verdicts.insert(key, verdict);
    }
}

fn key_of(name: &str, hash: &str, password: &str) -> Key {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [name, hash, password] {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part.as_bytes());
    }
    let mut key = Key::default();
    key.copy_from_slice(context.finish().as_ref());
    key
}

/// Reads the name and password of HTTP basic authentication.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, login) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let login = base64::engine::general_purpose::STANDARD.decode(login.trim()).ok()?;
    let login = String::from_utf8(login).ok()?;
    let (name, password) = login.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(text: &str) -> HeaderMap {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        HeaderMap::from_iter([(header::AUTHORIZATION, format!("basic {encoded}").parse().unwrap())])
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_enters() {
        let hash = bcrypt::hash("secret", 4).unwrap();
        let users = BTreeMap::from([("alice".to_owned(), Secret::new(hash))]);
        let logins = Logins::default();
        for _ in ["checked", "remembered"] {
            assert!(logins.check(&users, &login("alice:secret")).await);
            assert!(!logins.check(&users, &login("alice:wrong")).await);
            assert!(!logins.check(&users, &login("mallory:secret")).await);
        }
        assert!(!logins.check(&users, &HeaderMap::new()).await);
        assert!(!logins.check(&users, &login("no colon")).await);
        let changed =
            BTreeMap::from([("alice".to_owned(), Secret::new(bcrypt::hash("other", 4).unwrap()))]);
        assert!(!logins.check(&changed, &login("alice:secret")).await);
    }

    #[test]
    fn an_unknown_user_costs_as_much_as_a_known_one() {
        let parts: bcrypt::HashParts = UNKNOWN_USER_HASH.parse().unwrap();
        assert_eq!(parts.get_cost(), 10);
        assert!(bcrypt::verify("anything", UNKNOWN_USER_HASH).is_ok_and(|matches| !matches));
    }
}
