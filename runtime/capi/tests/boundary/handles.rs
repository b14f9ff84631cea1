//! The handles of the C interface, freed when they go out of scope.

use super::bridge::{text, view, view_of};
use mcpz_capi::*;
use std::ptr;

/// A verified bundle.
pub struct Program(pub *mut ProgramHandle);
/// A caller.
pub struct Principal(pub *mut PrincipalHandle);
/// Scratch memory.
pub struct Scratch(pub *mut ScratchHandle);
/// A decision.
pub struct Decision(pub *mut DecisionHandle);

impl Program {
    /// Loads a bundle; the status and the text when it is refused.
    pub fn load(bundle: &[u8]) -> Result<Program, (Status, String)> {
        let (mut program, mut error) = (ptr::dangling_mut(), ptr::dangling_mut());
        // SAFETY: the bytes are there, and both pointers can be written.
        let status = unsafe { mcpz_program_load(view_of(bundle), &raw mut program, &raw mut error) };
        assert_eq!(status == Status::Ok, !program.is_null(), "a handle exactly when it was loaded");
        if status == Status::Ok { Ok(Program(program)) } else { Err((status, take(error))) }
    }
}

impl Principal {
    /// Makes a principal; the status and the text when it is refused.
    pub fn new(program: &Program, chain: &[u8], scopes: &[u8]) -> Result<Principal, (Status, String)> {
        let (mut principal, mut error) = (ptr::dangling_mut(), ptr::dangling_mut());
        let (chain, scopes) = (view_of(chain), view_of(scopes));
        // SAFETY: the program lives, the bytes are there, and both pointers can be written.
        let status = unsafe { mcpz_principal_new(program.0, chain, scopes, &raw mut principal, &raw mut error) };
        assert_eq!(status == Status::Ok, !principal.is_null(), "a handle exactly when it was made");
        if status == Status::Ok { Ok(Principal(principal)) } else { Err((status, take(error))) }
    }
}

impl Scratch {
    /// New scratch memory.
    pub fn new() -> Scratch {
        Scratch(mcpz_scratch_new())
    }
}

impl Decision {
    /// A new decision.
    pub fn new() -> Decision {
        Decision(mcpz_decision_new())
    }

    /// What happens.
    pub fn effect(&self) -> Effect {
        // SAFETY: the handle lives.
        unsafe { mcpz_decision_effect(self.0) }
    }

    /// Why.
    pub fn reason(&self) -> &str {
        // SAFETY: the handle lives.
        let reason = unsafe { mcpz_decision_reason(self.0) };
        // SAFETY: reasons are static.
        unsafe { text(reason) }
    }

    /// The rule that determined it.
    pub fn rule<'a>(&self, program: &'a Program) -> &'a str {
        // SAFETY: both handles live.
        let rule = unsafe { mcpz_decision_rule(self.0, program.0) };
        // SAFETY: ids live as long as the program.
        unsafe { text(rule) }
    }

    /// The whole of it.
    pub fn json(&self, program: &Program) -> String {
        let mut json = ptr::dangling_mut();
        // SAFETY: both handles live, and the pointer can be written.
        let status = unsafe { mcpz_decision_json(self.0, program.0, &raw mut json) };
        assert_eq!(status, Status::Ok);
        take(json)
    }
}

/// A request in which everything is in order and nothing special.
pub fn request(server: &str, message: &[u8], now_ms: i64) -> Request {
    let none = Bytes { data: ptr::null(), len: 0 };
    Request {
        size: size_of::<Request>(),
        server: view(server),
        message: view_of(message),
        context: none,
        network: none,
        now_ms,
        direction: MCPZ_DIRECTION_TO_SERVER,
    }
}

/// Takes a text that the library gave; empty for null.
fn take(given: *mut Text) -> String {
    // SAFETY: the text came from the library and was not freed.
    let bytes = unsafe { mcpz_text_bytes(given) };
    if bytes.data.is_null() {
        return String::new();
    }
    // SAFETY: the view lives as long as the text.
    let copy = unsafe { text(bytes) }.to_owned();
    // SAFETY: a NUL byte follows the text, which lives.
    assert_eq!(unsafe { bytes.data.wrapping_add(bytes.len).read() }, 0, "a NUL byte follows");
    // SAFETY: freed once, and no view of it is used any more.
    unsafe { mcpz_text_free(given) };
    copy
}

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: made by the library and freed once.
        unsafe { mcpz_program_free(self.0) };
    }
}

impl Drop for Principal {
    fn drop(&mut self) {
        // SAFETY: made by the library and freed once.
        unsafe { mcpz_principal_free(self.0) };
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: made by the library and freed once.
        unsafe { mcpz_scratch_free(self.0) };
    }
}

impl Drop for Decision {
    fn drop(&mut self) {
        // SAFETY: made by the library and freed once.
        unsafe { mcpz_decision_free(self.0) };
    }
}
