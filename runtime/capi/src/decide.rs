//! One decision: the request as it crosses the boundary, the memory it needs, and the call itself.

use crate::bytes::Bytes;
use crate::decision::DecisionHandle;
use crate::principal::PrincipalHandle;
use crate::program::ProgramHandle;
use crate::state::{self, State};
use crate::status::{Status, caught};
use crate::text::Text;
use crate::{engine, pointer};
use mcpz_bytecode::Program;
use mcpz_runtime::Scratch;
use mcpz_runtime::decision::Decision;
use mcpz_runtime::principal::Principal;
use mcpz_runtime::request::{self, Direction, Facts};
use std::cell::UnsafeCell;
use std::net::IpAddr;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// `direction`: what clients ask of servers.
pub const MCPZ_DIRECTION_TO_SERVER: i32 = 0;
/// `direction`: what servers ask of clients.
pub const MCPZ_DIRECTION_TO_CLIENT: i32 = 1;

/// What is asked. Set all of it to zero, then `size`, then the rest.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// `sizeof(mcpz_request)`, by which the library knows this structure.
    pub size: usize,
    /// The server at one end of the connection, by its name in the policy.
    pub server: Bytes,
    /// One JSON-RPC message, exactly as it is to be forwarded.
    pub message: Bytes,
    /// What is known of `context`: a JSON object; absent when nothing is.
    pub context: Bytes,
    /// The peer's address in network byte order, 4 or 16 bytes; absent for a peer that is not on the network (stdio).
    pub network: Bytes,
    /// The time, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// `MCPZ_DIRECTION_TO_SERVER` or `MCPZ_DIRECTION_TO_CLIENT`.
    pub direction: i32,
}

/// Memory that is reused from decision to decision. One thread at a time uses it: make one for each.
pub struct ScratchHandle {
    busy: AtomicBool,
    memory: UnsafeCell<Scratch>,
}

/// Scratch memory while it is in use.
struct InUse<'a>(&'a ScratchHandle);

impl ScratchHandle {
    /// Marks it as used; fails when it is.
    fn enter(&self) -> Result<InUse<'_>, Status> {
        if self.busy.swap(true, Ordering::Acquire) { Err(Status::Busy) } else { Ok(InUse(self)) }
    }

    /// Does something with the memory; after a panic it is replaced.
    fn with<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> Result<T, Status> {
        let mut in_use = self.enter()?;
        let memory = in_use.memory();
        caught(|| work(memory)).map_err(|_| {
            // A panic may have left anything in it, so that not even dropping it is safe to try.
            std::mem::forget(std::mem::take(in_use.memory()));
            Status::Panicked
        })
    }
}

impl InUse<'_> {
    /// The memory.
    fn memory(&mut self) -> &mut Scratch {
        // SAFETY: `busy` lets one `InUse` exist at a time, and this borrow is bound to it.
        unsafe { &mut *self.0.memory.get() }
    }
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

// What the documentation promises of threads: programs and principals are shared, scratch memory and decisions move.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    const fn moves<T: Send>() {}
    shared::<Program>();
    shared::<Principal>();
    moves::<Scratch>();
    moves::<Decision>();
    // What crosses the boundary are the handles: a member added to one of them must keep the promise too.
    shared::<ProgramHandle>();
    shared::<PrincipalHandle>();
    shared::<Text>();
    moves::<ScratchHandle>();
    moves::<DecisionHandle>();
};

/// New scratch memory. Null when there is none.
///
/// Ownership: it belongs to the caller, who frees it with `mcpz_scratch_free`. Threads: any; it is used by one
/// thread at a time, and a second use at the same time is refused with `MCPZ_STATUS_BUSY`.
#[unsafe(no_mangle)]
pub extern "C" fn mcpz_scratch_new() -> *mut ScratchHandle {
    let new = || ScratchHandle { busy: AtomicBool::new(false), memory: UnsafeCell::new(Scratch::new()) };
    caught(|| pointer::give(new())).unwrap_or(ptr::null_mut())
}

/// Frees scratch memory; null is nothing to free.
///
/// Ownership: takes the memory. Threads: any, when no other uses it.
///
/// # Safety
/// `scratch` is null, or came from `mcpz_scratch_new`, was not freed, and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_scratch_free(scratch: *mut ScratchHandle) {
    let _ = caught(|| {
        // SAFETY: by the contract of this function.
        unsafe { pointer::take_back(scratch) }
    });
}

/// Decides one message, and fills `*decision`. Whatever is returned, `decision` holds a decision afterwards: with
/// `MCPZ_STATUS_OK` the one that was made, otherwise a denial whose reason is the name of the status. (When
/// `decision` itself is null there is nothing to fill, and nothing was decided: deny.)
///
/// `state` answers what has happened before; null stands for a state in which nothing has (no label is held, no
/// limit is used, nothing is isolated), which is right only where no such state is kept.
///
/// Ownership: everything but `decision` and `scratch` is only read, during the call only. Threads: any. Programs
/// and principals are shared freely; a scratch and a decision belong to one thread at a time. The callbacks of
/// `state` are called on this thread, before this function returns. They may decide with another scratch, not with
/// this one.
///
/// # Safety
/// Each handle is null, or came from this library and was not freed; no other thread uses `decision`. `request` and
/// `state` are null, or point at a structure of the size that stands in its first member; its views are readable
/// for their lengths. The callbacks keep what `mcpz_state` asks of them, and neither throw nor jump out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_decide(
    program: *const ProgramHandle,
    principal: *const PrincipalHandle,
    scratch: *const ScratchHandle,
    request: *const Request,
    state: *const State,
    decision: *mut DecisionHandle,
) -> Status {
    // SAFETY: by the contract of this function.
    let digest = unsafe { pointer::shared(program) }.map(|program| program.0.digest()).unwrap_or_default();
    // First of all a denial: what a callback or a failure sees.
    // SAFETY: by the contract of this function.
    if let Err(status) = unsafe { fill(decision, engine::refusal(Status::Panicked, digest)) } {
        return status;
    }
    // SAFETY: by the contract of this function.
    let attempt = || unsafe { attempt(program, principal, scratch, request, state) };
    let made = caught(attempt).unwrap_or(Err(Status::Panicked));
    let status = made.as_ref().err().copied().unwrap_or(Status::Ok);
    let made = made.unwrap_or_else(|status| engine::refusal(status, digest));
    // SAFETY: by the contract of this function.
    unsafe { fill(decision, made) }.err().unwrap_or(status)
}

/// Sets what a decision holds.
///
/// # Safety
/// `decision` is null, or came from `mcpz_decision_new`, was not freed, and nobody else uses it now.
unsafe fn fill(decision: *mut DecisionHandle, made: Decision) -> Result<(), Status> {
    // SAFETY: by the contract of this function.
    let handle = unsafe { pointer::exclusive(decision) }?;
    let old = std::mem::replace(handle, DecisionHandle::new(made));
    caught(|| drop(old)).map_err(|_| Status::Panicked)
}

/// Reads what was passed in and decides.
///
/// # Safety
/// As [`mcpz_decide`].
unsafe fn attempt(
    program: *const ProgramHandle,
    principal: *const PrincipalHandle,
    scratch: *const ScratchHandle,
    request: *const Request,
    state: *const State,
) -> Result<Decision, Status> {
    // SAFETY: by the contract of this function.
    let program = &unsafe { pointer::shared(program) }?.0;
    // SAFETY: by the contract of this function.
    let principal = unsafe { pointer::shared(principal) }?;
    // SAFETY: by the contract of this function.
    let scratch = unsafe { pointer::shared(scratch) }?;
    if principal.digest != program.digest() {
        return Err(Status::OtherProgram);
    }
    // SAFETY: by the contract of this function.
    let request = unsafe { pointer::sized(request) }?;
    // SAFETY: by the contract of this function.
    let request = unsafe { read_request(&request) }?;
    // SAFETY: by the contract of this function.
    let state = unsafe { state::read(state) }?;
    scratch.with(|memory| engine::decide(program, &principal.principal, request, state.answers(), memory))
}

/// A request as the runtime takes it.
///
/// # Safety
/// The views of the request are readable for their lengths, during `'a`.
unsafe fn read_request<'a>(given: &Request) -> Result<request::Request<'a>, Status> {
    // SAFETY: by the contract of this function.
    let message = unsafe { given.message.required() }?;
    // SAFETY: by the contract of this function.
    let server = unsafe { given.server.text() }?;
    // SAFETY: by the contract of this function.
    let context = if given.context.is_absent() { None } else { Some(unsafe { given.context.text() }?) };
    // SAFETY: by the contract of this function.
    let network = if given.network.is_absent() { None } else { Some(address(unsafe { given.network.required() }?)?) };
    let direction = match given.direction {
        MCPZ_DIRECTION_TO_SERVER => Direction::ToServer,
        MCPZ_DIRECTION_TO_CLIENT => Direction::ToClient,
        _ => return Err(Status::BadValue),
    };
    let facts = Facts { now_ms: given.now_ms, context: context.into(), network_source: network };
    Ok(request::Request { message, server, direction, facts })
}

/// An address of 4 or 16 bytes.
fn address(bytes: &[u8]) -> Result<IpAddr, Status> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Ok(IpAddr::from(four));
    }
    <[u8; 16]>::try_from(bytes).map(IpAddr::from).map_err(|_| Status::BadValue)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> ScratchHandle {
        ScratchHandle { busy: AtomicBool::new(false), memory: UnsafeCell::new(Scratch::new()) }
    }

    #[test]
    fn scratch_memory_is_used_once_at_a_time() {
        let handle = scratch();
        assert_eq!(handle.with(|_| handle.with(|_| ())), Ok(Err(Status::Busy)));
        assert_eq!(handle.with(|_| 7), Ok(7), "it is free again");
    }

    #[test]
    fn a_panic_within_a_decision_is_a_status_and_frees_the_memory() {
        let handle = scratch();
        assert_eq!(handle.with(|_| panic!("on purpose")), Err::<(), _>(Status::Panicked));
        assert_eq!(handle.with(|_| 7), Ok(7));
    }

    #[test]
    fn a_decision_is_a_denial_whatever_it_held() {
        let allow = Decision::plain(
            mcpz_runtime::decision::Effect::Allow,
            mcpz_runtime::decision::Reason::Allowed,
            mcpz_runtime::decision::DenyMode::Explain,
            [1; 32],
        );
        let mut handle = DecisionHandle::new(allow);
        let (none, nothing, decision) = (ptr::null(), ptr::null(), &raw mut handle);
        // SAFETY: the decision lives; everything else is null.
        let status = unsafe { mcpz_decide(ptr::null(), ptr::null(), ptr::null(), none, nothing, decision) };
        assert_eq!(status, Status::BadPointer);
        assert_eq!(handle.decision, engine::refusal(Status::BadPointer, [0; 32]));
        // SAFETY: everything is null.
        let status = unsafe { mcpz_decide(ptr::null(), ptr::null(), ptr::null(), none, nothing, ptr::null_mut()) };
        assert_eq!(status, Status::BadPointer);
    }

    #[test]
    fn addresses_have_four_or_sixteen_bytes() {
        assert_eq!(address(&[10, 0, 0, 1]), Ok("10.0.0.1".parse().expect("an address")));
        assert_eq!(address(&[0; 16]), Ok("::".parse().expect("an address")));
        assert_eq!(address(&[0; 5]), Err(Status::BadValue));
        assert_eq!(address(&[]), Err(Status::BadValue));
    }
}
