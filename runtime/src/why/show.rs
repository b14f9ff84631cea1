//! Values as an explanation shows them: short, and never those of sensitive places.

use crate::decide::cover::covers;
use crate::json::{Document, Kind, NodeId};
use crate::vm::context::{Asked, Context};
use crate::vm::cursor::Cursor;
use crate::vm::read::{constant, shape};
use crate::vm::slot::slot_value;
use crate::vm::value::{Register, Truth, Value};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use mcpz_bytecode::ids::{ClassId, SlotId};
use mcpz_bytecode::image::{ConstantNode, HistoryImage, StepImage, SubjectImage};
use mcpz_bytecode::opcode::{OperandKind, RANGE_HIGH, RANGE_INCLUSIVE, RANGE_LOW};
use mcpz_bytecode::value::time;

/// Most characters of a shown text.
const MAX_TEXT: usize = 120;
/// Most elements of a shown collection.
const MAX_ELEMENTS: usize = 8;
/// What stands for a value that is never shown.
pub(super) const SENSITIVE: &str = "[sensitive]";

/// What values are shown of.
pub(super) struct Shown<'c, 'a> {
    /// What decision code saw.
    pub cx: &'c Context<'a>,
    /// The call inside what is asked.
    pub inner: Option<&'c Asked<'c>>,
    /// The registers it left.
    pub registers: &'c [Register<'a>],
}

impl<'a> Shown<'_, 'a> {
    /// A register as the block left it.
    pub fn left(&self, operand: u32) -> Register<'a> {
        let index = usize::try_from(operand).unwrap_or(usize::MAX);
        self.registers.get(index).copied().unwrap_or(Register::plain(Value::Absent))
    }

    /// Whether a register's value is never shown.
    pub fn is_hidden(&self, register: Register<'a>) -> bool {
        match (register.origin, register.value) {
            (Some(node), _) => self.is_sensitive(node),
            (None, value) => self.holds_sensitive(value),
        }
    }

    /// A register's value.
    pub fn register(&self, register: Register<'a>) -> String {
        if self.is_hidden(register) { SENSITIVE.to_string() } else { self.value(register.value, 0) }
    }

    /// What stands in a place.
    pub fn place(&self, slot: u32) -> String {
        self.register(Register::of(slot_value(self.cx, SlotId(slot))))
    }

    /// Whether a list of registers or places holds something sensitive.
    fn holds_sensitive(&self, value: Value<'a>) -> bool {
        if !matches!(value, Value::Run(..) | Value::Places(_)) {
            return false;
        }
        let mut elements = Cursor::new(self.cx, value);
        while let Some(element) = elements.next(self.cx, self.registers) {
            if element.origin.is_some_and(|node| self.is_sensitive(node)) {
                return true;
            }
        }
        false
    }

    /// Whether an argument is at, above or below a sensitive place of what is asked.
    fn is_sensitive(&self, node: NodeId) -> bool {
        let sensitive_in = |asked: &Asked<'_>| {
            let (document, root) = asked.arguments;
            let rows = self.cx.image().sensitive.iter().filter(|row| covers(&row.targets, asked));
            let mut rows = rows.flat_map(|row| reached(document, root, &row.path));
            rows.any(|place| contains(document, place, node) || contains(document, node, place))
        };
        self.cx.asked.is_some_and(sensitive_in) || self.inner.is_some_and(sensitive_in)
    }

    /// The caller as the policy knows it: of every link the classes that it fits, outermost actor first.
    pub fn caller(&self) -> String {
        let classes = &self.cx.image().classes;
        let link = |position: usize| {
            let ids = (0..classes.len()).map(ClassId::new);
            let fits = ids.filter(|id| self.cx.classes.get(*id, position) == Truth::True);
            let names: Vec<&str> = fits.filter_map(|id| classes.get(id.index())).map(|class| &*class.name).collect();
            if names.is_empty() { "nobody that the policy declares".to_string() } else { names.join(" & ") }
        };
        let links: Vec<String> = (0..self.cx.chain.len()).map(link).collect();
        if links.is_empty() { "anonymous".to_string() } else { links.join(" acting for ") }
    }

    /// A value, `depth` levels inside another.
    fn value(&self, value: Value<'a>, depth: usize) -> String {
        match value {
            Value::Absent => "absent".to_string(),
            Value::Unknown => "unknown".to_string(),
            Value::Error(code) => format!("error {}", code.name()),
            Value::Null => "null".to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text)
            | Value::Host(text)
            | Value::Path(text)
            | Value::HostPattern(text)
            | Value::Glob(text, _) => quoted(text),
            Value::Url(url) => quoted(&url.text),
            Value::Duration(ms) => time::duration_text(ms),
            Value::Instant(ms) => time::instant_text(ms),
            Value::Date(days) => time::date_text(i64::from(days)),
            Value::Time(seconds) => time::clock_text(seconds),
            Value::Weekday(day) => time::weekday_name(day).unwrap_or("?").to_string(),
            Value::Ip(ip) => ip.to_string(),
            Value::Net(address, length) => format!("{address}/{length}"),
            Value::Sql(facts) => format!("{} of {}", facts.kind, shortened(&facts.tables.join(", "))),
            Value::Segment(id) => {
                let name = self.cx.image().segments.get(id.index()).map_or("?", |segment| &segment.name);
                format!("segment {name}")
            }
            Value::Window(window) => {
                let zone = self.cx.image().zones.get(window.zone.index()).map_or("?", |zone| &zone.name);
                let (from, until) = (time::clock_text(window.from_s), time::clock_text(window.until_s));
                format!("window {from}..{until} {zone}")
            }
            Value::Node(place) => self.node(value, self.cx.document(place.source), place.node, depth),
            Value::Constant(_) | Value::Split(..) | Value::Texts(_) | Value::Places(_) | Value::Run(..) => {
                self.collection(value, depth)
            }
        }
    }

    /// A JSON value.
    fn node(&self, value: Value<'a>, document: Document<'a>, node: NodeId, depth: usize) -> String {
        match document.kind(node) {
            Kind::String => quoted(document.str(node).unwrap_or("")),
            Kind::Array | Kind::Object => self.collection(value, depth),
            _ => shortened(document.raw(node)),
        }
    }

    /// The first elements of a collection.
    fn collection(&self, value: Value<'a>, depth: usize) -> String {
        let size = shape(self.cx, value).map_or(0, |(_, size)| size);
        if depth > 1 {
            return format!("{size} elements");
        }
        let mut out = String::from("[");
        let mut elements = Cursor::new(self.cx, value);
        for position in 0..size.min(MAX_ELEMENTS) {
            let Some((key, element)) = elements.next_member(self.cx, self.registers) else { break };
            if position > 0 {
                out.push_str(", ");
            }
            if !key.is_empty() {
                out.push_str(&quoted(key));
                out.push_str(": ");
            }
            let hidden = element.origin.is_some_and(|node| self.is_sensitive(node));
            out.push_str(if hidden { SENSITIVE } else { "" });
            if !hidden {
                out.push_str(&self.value(element.value, depth.saturating_add(1)));
            }
        }
        if size > MAX_ELEMENTS {
            out.push_str(&format!(", and {} more", size.saturating_sub(MAX_ELEMENTS)));
        }
        out.push(']');
        out
    }

    /// The ends of a range.
    pub fn range(&self, low: Register<'a>, high: Register<'a>, flags: u8) -> String {
        let end = |present: u8, register| if flags & present == 0 { String::new() } else { self.register(register) };
        let dots = if flags & RANGE_INCLUSIVE == 0 { ".." } else { "..=" };
        format!("{}{dots}{}", end(RANGE_LOW, low), end(RANGE_HIGH, high))
    }

    /// What an operand names, when it is no register.
    pub fn named(&self, kind: OperandKind, operand: u32) -> Option<String> {
        let image = self.cx.image();
        let row = usize::try_from(operand).ok()?;
        match kind {
            OperandKind::Constant | OperandKind::Pattern => {
                let table = &image.constants;
                table.get(row)?;
                let id = mcpz_bytecode::ids::ConstantId(operand);
                Some(self.value(constant(crate::data::ConstantRef { table, id }), 0))
            }
            OperandKind::Range => match image.constants.get(row)? {
                ConstantNode::Range(range) => {
                    let table = &image.constants;
                    let end = |id: Option<_>| {
                        id.map_or_else(String::new, |id| {
                            self.value(constant(crate::data::ConstantRef { table, id }), 0)
                        })
                    };
                    let dots = if range.inclusive { "..=" } else { ".." };
                    Some(format!("{}{dots}{}", end(range.low), end(range.high)))
                }
                _ => None,
            },
            OperandKind::Automaton => Some(format!("regex {}", quoted(&image.automata.get(row)?.source))),
            OperandKind::Type => Some(format!("{:?}", image.types.get(row)?).to_lowercase()),
            OperandKind::Subject => Some(self.subject(image.subjects.get(row)?)),
            OperandKind::History | OperandKind::HistoryOf => Some(self.question(image.histories.get(row)?)),
            _ => None,
        }
    }

    /// A subject as written. Rows refer to earlier rows only, so this ends.
    fn subject(&self, subject: &SubjectImage) -> String {
        let image = self.cx.image();
        let part = |id: &mcpz_bytecode::ids::SubjectId| {
            image.subjects.get(id.index()).map_or_else(String::new, |subject| self.subject(subject))
        };
        let joined = |parts: &[mcpz_bytecode::ids::SubjectId], between: &str| {
            parts.iter().map(part).collect::<Vec<_>>().join(between)
        };
        match subject {
            SubjectImage::Anyone => "anyone".to_string(),
            SubjectImage::Anonymous => "anonymous".to_string(),
            SubjectImage::AnyAgent => "any agent".to_string(),
            SubjectImage::AnyUser => "any user".to_string(),
            SubjectImage::Class(class) => {
                image.classes.get(class.index()).map_or_else(String::new, |class| class.name.clone())
            }
            SubjectImage::Either(parts) => format!("[{}]", joined(parts, ", ")),
            SubjectImage::Both(parts) => joined(parts, " & "),
            SubjectImage::ActingFor(actor, other) => format!("{} acting for {}", part(actor), part(other)),
            SubjectImage::Server(server) => {
                let name = image.servers.get(server.index()).map_or("?", |server| &server.name);
                format!("server {name}")
            }
        }
    }

    /// A question to the state.
    fn question(&self, question: &HistoryImage) -> String {
        let image = self.cx.image();
        let label = |id: &mcpz_bytecode::ids::LabelId| image.labels.get(id.index()).map_or("?", |label| &label.name);
        match question {
            HistoryImage::SessionHolds(id) => format!("session holds {}", label(id)),
            HistoryImage::Carries(id) => format!("carries {}", label(id)),
            HistoryImage::SeenInLabel(id) => format!("seen in {}", label(id)),
            HistoryImage::SeenInData(id) => {
                format!("seen in {}", image.data.get(id.index()).map_or("?", |data| &data.name))
            }
            HistoryImage::Query { text, .. } => text.clone(),
        }
    }
}

/// The nodes a path leads to; a path that ends early leads to where it ends.
fn reached(document: Document<'_>, root: NodeId, path: &[StepImage]) -> Vec<NodeId> {
    let mut level = alloc::vec![root];
    for step in path {
        let below = |node: &NodeId| -> Vec<NodeId> {
            match (step, document.kind(*node)) {
                (StepImage::Field(name), Kind::Object) => document.get(*node, name).into_iter().collect(),
                (StepImage::Each, Kind::Array) => document.elements(*node).collect(),
                (StepImage::Each, Kind::Object) => document.members(*node).map(|(_, member)| member).collect(),
                // Another shape than declared stands there: hide all of it.
                _ => alloc::vec![*node],
            }
        };
        level = level.iter().flat_map(below).collect();
    }
    level
}

/// Whether a node is another or stands below it.
fn contains(document: Document<'_>, outer: NodeId, node: NodeId) -> bool {
    let mut at = outer;
    loop {
        if at == node {
            return true;
        }
        let next = match document.kind(at) {
            Kind::Array => document.elements(at).take_while(|child| *child <= node).last(),
            Kind::Object => document.members(at).map(|(_, child)| child).take_while(|child| *child <= node).last(),
            _ => None,
        };
        match next {
            Some(child) => at = child,
            None => return false,
        }
    }
}

/// Text between quotation marks, cut short.
fn quoted(text: &str) -> String {
    format!("\"{}\"", shortened(text))
}

/// The first characters of a text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or("")),
        None => text.to_string(),
    }
}
