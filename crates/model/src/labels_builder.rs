//! A label set under construction.

use crate::labels::Labels;

/// Labels that can be set, read and deleted before they become a [`Labels`].
///
/// The pairs stay sorted by name. Setting the empty value deletes.
#[derive(Clone, Debug, Default)]
pub struct LabelsBuilder {
    pairs: Vec<(String, String)>,
}

impl LabelsBuilder {
    /// An empty set to start from.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts again from `base`.
    pub fn reset(&mut self, base: &Labels) {
        self.pairs.clear();
        self.pairs.extend(base.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// The value of `name`, where it is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.position(name).ok().map(|at| self.pairs[at].1.as_str())
    }

    /// Sets `name` to `value`; the empty value deletes the label.
    pub fn set(&mut self, name: &str, value: &str) {
        match (self.position(name), value.is_empty()) {
            (Ok(at), true) => {
                self.pairs.remove(at);
            }
            (Ok(at), false) => value.clone_into(&mut self.pairs[at].1),
            (Err(_), true) => {}
            (Err(at), false) => self.pairs.insert(at, (name.to_owned(), value.to_owned())),
        }
    }

    /// Deletes the label `name`.
    pub fn delete(&mut self, name: &str) {
        self.set(name, "");
    }

    /// Keeps the labels for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) {
        self.pairs.retain(|(name, value)| keep(name, value));
    }

    /// The labels set so far, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The label set as it stands.
    pub fn labels(&self) -> Labels {
        Labels::from_sorted(self.iter())
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.pairs.binary_search_by(|(label, _)| label.as_str().cmp(name))
    }
}

impl From<&Labels> for LabelsBuilder {
    fn from(base: &Labels) -> Self {
        let mut builder = Self::new();
        builder.reset(base);
        builder
    }
}
