//! Label sets inside answers that serialise.

use std::collections::BTreeMap;

use regain_model::Labels;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::json;

/// Names and values as an object, written as label sets are everywhere: markup stays as it is.
#[derive(Clone, Debug)]
pub(crate) struct LabelsObject<T>(pub(crate) T);

/// What has names and values in their order.
pub(crate) trait Pairs {
    /// Appends them as an object.
    fn append(&self, body: &mut Vec<u8>);
}

impl Pairs for Labels {
    fn append(&self, body: &mut Vec<u8>) {
        json::append_labels(body, self.iter());
    }
}

impl Pairs for BTreeMap<String, String> {
    fn append(&self, body: &mut Vec<u8>) {
        json::append_labels(body, self.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    }
}

impl<T: Pairs> Pairs for &T {
    fn append(&self, body: &mut Vec<u8>) {
        (*self).append(body);
    }
}

impl<T: Pairs> Serialize for LabelsObject<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Vec::new();
        self.0.append(&mut text);
        let text = String::from_utf8(text).expect("labels are UTF-8");
        RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
    }
}
