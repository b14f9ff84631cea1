//! Near names: the one place that decides which name was meant by a misspelt one.
//!
//! A candidate is near when it differs from what was written by case or separators alone, by few
//! edits for its length, or, failing those, when it is a longer spelling of the same word. The
//! distance counts a transposition as one edit. Ties go to the first candidate in sorted order, so
//! that output never depends on the order of a table.

/// Longest name that is compared, in characters.
const MAX_COMPARED: usize = 80;

/// The candidate nearest to what was written, if one is near enough to be worth naming.
pub fn nearest<I, S>(wanted: &str, candidates: I) -> Option<String>
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    let mut best: Option<(usize, String)> = None;
    for candidate in candidates {
        let text = candidate.as_ref();
        let Some(distance) = distance(wanted, text) else {
            continue;
        };
        let key = (distance, text.to_owned());
        if best.as_ref().is_none_or(|known| key < *known) {
            best = Some(key);
        }
    }
    best.map(|(_, name)| name)
}

/// How far a candidate is, or `None` when it is too far to be meant.
fn distance(wanted: &str, candidate: &str) -> Option<usize> {
    if wanted == candidate || candidate.is_empty() || wanted.is_empty() {
        return None;
    }
    let (short, long) = (folded(wanted), folded(candidate));
    if short == long {
        return Some(0);
    }
    let longest = short.chars().count().max(long.chars().count());
    // Names beyond this are no names that somebody mistyped, and comparing them costs much.
    if longest > MAX_COMPARED {
        return None;
    }
    let edits = strsim::damerau_levenshtein(&short, &long);
    if edits <= allowed_edits(longest) {
        return Some(edits);
    }
    let contains = short.len() >= 4 && (long.contains(&short) || (long.len() >= 4 && short.contains(&long)));
    contains.then_some(100 + edits)
}

/// How many edits a name of this length may differ by.
fn allowed_edits(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        6..=8 => 2,
        9..=14 => 3,
        _ => 4,
    }
}

/// Lower case without separators.
fn folded(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '_' | '-' | '.' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let tools = ["get_invoice", "list_invoices", "refund"];
        assert_eq!(nearest("get_invioce", tools).as_deref(), Some("get_invoice"));
        assert_eq!(nearest("refunds", tools).as_deref(), Some("refund"));
        assert_eq!(nearest("getInvoice", tools).as_deref(), Some("get_invoice"));
        assert_eq!(nearest("delete_all", tools), None);
        assert_eq!(nearest("sre", ["src", "are"]).as_deref(), Some("are"));
    }
}
