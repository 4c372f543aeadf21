//! The name of a set of definition texts: under it the set is journaled and referred to.

/// SHA-256 over the texts, given as (file name, text). Without the names, so that a set that was moved is the same set.
/// Lengths go in too, so that no two lists of texts give the same bytes.
pub(super) fn hash(texts: &[(String, String)]) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in texts.iter().map(|(_, text)| text) {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part.as_bytes());
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}
