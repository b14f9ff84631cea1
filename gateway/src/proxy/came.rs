//! How a server's message came, as far as its transport says so: by which way, and in what form.

use super::random_hex;
use crate::wire::Token;

/// By which way a message came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Way {
    /// The only one there is: stdio.
    #[default]
    Only,
    /// In the response to this request of the client.
    Response(Token),
    /// On a stream beside requests.
    Beside,
}

/// How a message came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Came {
    /// By which way.
    pub way: Way,
    /// In what form.
    pub form: Form,
}

/// The form of an answer over HTTP. A denial in the server's own words takes it on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// The status, when the answer was all of the response.
    pub status: Option<u16>,
    /// Events without data that came before it.
    pub before: Vec<Mark>,
    /// Its own event.
    pub mark: Mark,
}

/// What an event has beside its data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// Its id, by which a stream is taken up again.
    pub id: Option<String>,
    /// How long to wait before that, milliseconds.
    pub retry: Option<u64>,
}

impl Form {
    /// Whether it is an event stream that can be taken up again: others are shown as one piece.
    pub fn is_stream(&self) -> bool {
        !self.before.is_empty() || self.mark.id.is_some()
    }

    /// The same form with other ids, which look alike.
    pub fn like(&self) -> Form {
        let like = |mark: &Mark| Mark { id: mark.id.as_deref().map(look_alike), retry: mark.retry };
        Form { status: self.status, before: self.before.iter().map(like).collect(), mark: like(&self.mark) }
    }
}

/// Another text of the same shape: digits for digits, letters for letters, hexadecimal ones for hexadecimal ones.
fn look_alike(id: &str) -> String {
    let random = random_hex(id.len());
    let mut random = random.bytes();
    id.chars()
        .map(|known| {
            let (high, low) = (random.next().unwrap_or(b'0'), random.next().unwrap_or(b'0'));
            let nibble = |byte: u8| if byte.is_ascii_digit() { byte - b'0' } else { byte - b'a' + 10 };
            let number = nibble(high) * 16 + nibble(low);
            match known {
                '0'..='9' => char::from(b'0' + number % 10),
                'a'..='f' => char::from(b'a' + number % 6),
                'A'..='F' => char::from(b'A' + number % 6),
                'g'..='z' => char::from(b'g' + number % 20),
                'G'..='Z' => char::from(b'G' + number % 20),
                other => other,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_ids_look_like_known_ones() {
        let made = look_alike("3f2a-0019_Zz é");
        let shape = |text: &str| {
            text.chars()
                .map(|c| {
                    if c.is_ascii_digit() {
                        '0'
                    } else if c.is_ascii_hexdigit() {
                        'a'
                    } else {
                        c.to_ascii_lowercase()
                    }
                })
                .map(|c| if ('g'..='z').contains(&c) { 'z' } else { c })
                .collect::<String>()
        };
        assert_eq!(shape(&made), shape("3f2a-0019_Zz é"));
        assert_ne!(made, "3f2a-0019_Zz é");
    }
}
