//! The methods of the protocol, as a table: name, who may send it, what it is about.

use mcpz_compiler::hir::Action;
use mcpz_runtime::request::Direction;

/// What a method is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Governed by rules.
    Action(Action),
    /// A listing.
    List(Listing),
    /// Keeps the protocol going.
    Protocol,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Tools.
    Tools,
    /// Resources.
    Resources,
    /// Resource templates.
    Templates,
    /// Prompts.
    Prompts,
}

/// Who may send a method.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Client,
    Server,
    Both,
}

const TABLE: &[(&str, From, Method)] = &[
    ("tools/call", From::Client, Method::Action(Action::Call)),
    ("resources/read", From::Client, Method::Action(Action::Read)),
    ("resources/subscribe", From::Client, Method::Action(Action::Subscribe)),
    ("resources/unsubscribe", From::Client, Method::Action(Action::Subscribe)),
    ("prompts/get", From::Client, Method::Action(Action::Get)),
    ("completion/complete", From::Client, Method::Action(Action::Complete)),
    ("sampling/createMessage", From::Server, Method::Action(Action::Sample)),
    ("elicitation/create", From::Server, Method::Action(Action::Elicit)),
    ("roots/list", From::Server, Method::Action(Action::Roots)),
    ("tools/list", From::Client, Method::List(Listing::Tools)),
    ("resources/list", From::Client, Method::List(Listing::Resources)),
    ("resources/templates/list", From::Client, Method::List(Listing::Templates)),
    ("prompts/list", From::Client, Method::List(Listing::Prompts)),
    ("ping", From::Both, Method::Protocol),
    ("notifications/cancelled", From::Both, Method::Protocol),
    ("notifications/progress", From::Both, Method::Protocol),
    ("initialize", From::Client, Method::Protocol),
    ("logging/setLevel", From::Client, Method::Protocol),
    ("notifications/initialized", From::Client, Method::Protocol),
    ("notifications/roots/list_changed", From::Client, Method::Protocol),
    ("notifications/message", From::Server, Method::Protocol),
    ("notifications/tools/list_changed", From::Server, Method::Protocol),
    ("notifications/resources/list_changed", From::Server, Method::Protocol),
    ("notifications/resources/updated", From::Server, Method::Protocol),
    ("notifications/prompts/list_changed", From::Server, Method::Protocol),
    ("notifications/elicitation/complete", From::Server, Method::Protocol),
];

/// The method by its name and direction; `None` when it is unknown.
pub fn method(name: &str, direction: Direction) -> Option<Method> {
    let sender = match direction {
        Direction::ToServer => From::Client,
        Direction::ToClient => From::Server,
    };
    let row = TABLE.iter().find(|(known, from, _)| *known == name && (*from == sender || *from == From::Both));
    row.map(|(_, _, method)| *method)
}
