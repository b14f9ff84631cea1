//! Globs over a whole string, by plain backtracking.

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Literal(char),
    One,
    Run,
    RunOfAnything,
}

/// Whether the whole text matches. With `path_like`, `*` and `?` stop at `/` and `**` does not.
pub fn matches(text: &str, pattern: &str, path_like: bool) -> bool {
    let steps = steps(pattern);
    let chars: Vec<char> = text.chars().collect();
    let mut reached = vec![false; chars.len() + 1];
    reached[0] = true;
    for step in steps {
        reached = advance(&reached, step, &chars, path_like);
    }
    reached[chars.len()]
}

fn steps(pattern: &str) -> Vec<Step> {
    let mut out = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(next) = chars.next() {
        out.push(match next {
            '\\' => Step::Literal(chars.next().unwrap_or('\\')),
            '?' => Step::One,
            '*' if chars.peek() == Some(&'*') => {
                while chars.next_if_eq(&'*').is_some() {}
                Step::RunOfAnything
            }
            '*' => Step::Run,
            other => Step::Literal(other),
        });
    }
    out
}

/// The positions reached after one more step, from all the positions reached before it.
fn advance(reached: &[bool], step: Step, chars: &[char], path_like: bool) -> Vec<bool> {
    let mut next = vec![false; reached.len()];
    for start in (0..reached.len()).filter(|at| reached[*at]) {
        match step {
            Step::Literal(wanted) if chars.get(start) == Some(&wanted) => next[start + 1] = true,
            Step::Literal(_) => {}
            Step::One => {
                if chars.get(start).is_some_and(|c| !path_like || *c != '/') {
                    next[start + 1] = true;
                }
            }
            Step::Run | Step::RunOfAnything => {
                let stops = path_like && step == Step::Run;
                let run = chars[start..].iter().take_while(|c| !stops || **c != '/').count();
                next[start..=start + run].fill(true);
            }
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stop_at_slashes_in_paths_only() {
        assert!(matches("a/b/c", "a*c", false));
        assert!(!matches("a/b/c", "a*c", true));
        assert!(matches("a/b/c", "a**c", true));
        assert!(matches("*x", "\\*?", false));
        assert!(!matches("ax", "\\*?", false));
        assert!(matches("", "*", true));
        assert!(!matches("/", "?", true));
    }
}
