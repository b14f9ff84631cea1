//! A message, read for a program: strict reading, the target in the pinned catalog, and whether the
//! arguments of a call fit its pinned schema.
//!
//! All of it depends on the message and the program alone, so that it is done once, however often the
//! message is then decided: before and after an approval, or again when the bundle changed. Nothing is
//! decided here; what does not fit is said in the order of the steps of a decision.

use crate::decide::fault;
use crate::decide::gates::call_fits;
use crate::decide::target::{self, Method};
use crate::decision::Reason;
use crate::json::{Buffers, Limits, Message, MessageKind};
use crate::request::{Direction, Request};
use crate::schema::NotedMembers;
use crate::vm::context::{Asked, Checked};
use mcpz_bytecode::Program;
use mcpz_bytecode::ids::ServerId;
use mcpz_bytecode::image::Action;

/// A message, read for a program, a server and a direction.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    program: &'a Program,
    server_name: &'a str,
    direction: Direction,
    message: Message<'a>,
    server: Option<ServerId>,
    method: Option<Method>,
    call: Option<Call>,
}

/// A tool that is called.
#[derive(Debug, Clone, Copy)]
struct Call {
    /// Row of the server's tools.
    tool: usize,
    /// Whether the arguments fit the pinned schema.
    fits: bool,
    /// The members that validating them came by.
    members: NotedMembers,
}

impl<'a> Reading<'a> {
    /// Reads the message of a request; the reason when it is refused.
    pub fn new(program: &'a Program, request: &Request<'a>, buffers: &'a mut Buffers) -> Result<Reading<'a>, Reason> {
        let message = buffers.read_message(request.message, &Limits::DEFAULT).map_err(fault)?;
        Ok(Reading::of(program, request, message))
    }

    /// As [`Reading::new`], of a message whose envelope has been read.
    pub fn of(program: &'a Program, request: &Request<'a>, message: Message<'a>) -> Reading<'a> {
        let method = match message.kind {
            MessageKind::Response => Some(Method::Protocol),
            MessageKind::Request | MessageKind::Notification => target::method(message.method, request.direction),
        };
        let server = program.server(request.server);
        let mut reading = Reading {
            program,
            server_name: request.server,
            direction: request.direction,
            message,
            server,
            method,
            call: None,
        };
        if let (Some(Method::Action(Action::Call)), Some(server)) = (method, server) {
            reading.call = call(program, server, &message);
        }
        reading
    }

    /// Whether this is what [`Reading::of`] would make for a program and a request.
    pub(crate) fn is_for(&self, program: &Program, request: &Request<'_>) -> bool {
        core::ptr::eq(self.program, program)
            && self.direction == request.direction
            && self.server_name == request.server
    }

    /// The message.
    pub fn message(&self) -> &Message<'a> {
        &self.message
    }

    /// The server; none when the program does not know it.
    pub(crate) fn server(&self) -> Option<ServerId> {
        self.server
    }

    /// The method; none when it is unknown.
    pub(crate) fn method(&self) -> Option<Method> {
        self.method
    }

    /// What a call asks; none when it is no call of a known tool.
    pub(crate) fn asked<'r>(&'r self, blank: Asked<'r>) -> Option<Asked<'r>> {
        let call = self.call.as_ref()?;
        // Of what does not fit, not all was looked at.
        let places = if call.fits { self.program.argument_places(self.server?, call.tool) } else { &[] };
        let checked = Checked { fits: call.fits, places, members: &call.members };
        let arguments = self.message.arguments.map_or(blank.arguments, |node| (self.message.document, node));
        Some(Asked { tool: Some(call.tool), arguments, checked: Some(checked), ..blank })
    }
}

/// The tool that a message calls, if it is there.
fn call(program: &Program, server: ServerId, message: &Message<'_>) -> Option<Call> {
    let tool = program.tool(server, message.name?)?;
    let blank = target::blank(Action::Call, server);
    let arguments = message.arguments.map_or(blank.arguments, |node| (message.document, node));
    let mut members = NotedMembers::default();
    let fits = call_fits(program, (server, tool), arguments, &mut members);
    Some(Call { tool, fits, members })
}
