//! The parts that every JSON answer is made of.

use serde_json::{Value, json};

use crate::config::{Complaint, Place};

/// Where something stands; null where no line is to blame.
pub fn place(place: Option<&Place>) -> Value {
    place.map_or(Value::Null, |place| {
        json!({ "file": place.file.to_string_lossy(), "line": place.line, "column": place.column, "text": place.text })
    })
}

/// A complaint, with the names that may have been meant.
pub fn complaint(complaint: &Complaint) -> Value {
    json!({
        "severity": if complaint.is_error() { "error" } else { "warning" },
        "place": place(complaint.place.as_ref()),
        "message": complaint.message,
        "similar": complaint.similar,
    })
}

/// A document as it is printed.
pub fn printed(document: &Value) -> String {
    format!("{document:#}\n")
}
