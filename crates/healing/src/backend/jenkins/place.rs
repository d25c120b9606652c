//! Where an order is at its Jenkins, as text that outlives this process.

use std::fmt;

use crate::order::Handle;

/// Names a queue item, a build, or both, and the life of the server in which the item was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) item: Option<u64>,
    pub(super) build: Option<u32>,
    /// What `X-Jenkins-Session` said; another text means that the server was restarted since.
    pub(super) life: Option<String>,
}

impl Place {
    /// Reads what [`Place::handle`] wrote.
    pub(super) fn read(handle: &Handle) -> Option<Self> {
        let mut place = Self::default();
        for word in handle.0.split(' ') {
            match word.split_once('=')? {
                ("item", number) => place.item = Some(number.parse().ok()?),
                ("build", number) => place.build = Some(number.parse().ok()?),
                ("life", life) => place.life = Some(life.to_owned()),
                _ => return None,
            }
        }
        (place.item.is_some() || place.build.is_some()).then_some(place)
    }

    pub(super) fn handle(&self) -> Handle {
        Handle(self.to_string())
    }

    /// Returns the place of a build that came of what is here.
    pub(super) fn with_build(&self, number: u32) -> Self {
        Self { build: Some(number), ..self.clone() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            self.item.map(|number| format!("item={number}")),
            self.build.map(|number| format!("build={number}")),
            self.life.as_ref().map(|life| format!("life={life}")),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        f.write_str(&words.join(" "))
    }
}
