//! What is empty on the wire of port 7444 is not there in JSON.

/// A text that is empty on the wire where there is none.
pub(super) fn text(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// An instant that is 0 on the wire where there is none.
pub(super) fn instant(us: i64) -> Option<i64> {
    (us != 0).then_some(us)
}
