//! Values of a JSON document.

use serde_json::Value;
use smol_str::SmolStr;

use super::decoding::Place;
use super::field::Raw;

/// Where a value stands: a JSON pointer (RFC 6901), such as `/vitals/0/spo2`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path(SmolStr);

impl Path {
    /// Reads a pointer; says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if text.starts_with('/') && escaped && text.len() <= 256 {
            return Ok(Self(SmolStr::new(text)));
        }
        Err("must be a JSON pointer (RFC 6901) of at most 256 bytes, such as \"/vitals/spo2\"".into())
    }

    /// The value; `None` where there is none, or null, or what is no single value.
    pub(super) fn find(&self, document: &Value) -> Option<Raw> {
        match document.pointer(&self.0)? {
            // A number that JSON can hold is finite.
            Value::Number(number) => number.as_f64().map(Raw::Number),
            Value::String(text) => Some(Raw::Text(SmolStr::new(text))),
            Value::Bool(truth) => Some(Raw::Text(SmolStr::new_static(if *truth { "true" } else { "false" }))),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl Place for Path {
    fn shown(&self) -> String {
        self.0.to_string()
    }
}
