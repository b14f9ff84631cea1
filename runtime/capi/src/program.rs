//! The handle of a verified bundle.

use crate::bytes::Bytes;
use crate::status::{Status, caught, guarded};
use crate::text::Text;
use crate::{engine, pointer};
use mcpz_bytecode::Program;
use std::ptr;

/// A verified bundle. It never changes: any number of threads use one at the same time, without a lock.
pub struct ProgramHandle(pub(crate) Program);

/// Verifies a bundle. `MCPZ_STATUS_OK`: `*program` is a new handle. Otherwise `*program` is null, and `*error`,
/// when `error` is given, is a text of the form `boundary_bundle_refused: section code, row 3: jump out of the
/// block`.
///
/// Ownership: the bytes are used during the call only; the handle and the text belong to the caller, who frees them
/// with `mcpz_program_free` and `mcpz_text_free`. Threads: any, at any time; the handle may be used by all.
///
/// # Safety
/// `bundle` is readable for its length; `program` and `error` are null or point at memory for one pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_program_load(
    bundle: Bytes,
    program: *mut *mut ProgramHandle,
    error: *mut *mut Text,
) -> Status {
    guarded(|| {
        // SAFETY: by the contract of this function. No text is asked for when it is null.
        let _ = unsafe { pointer::write(error, ptr::null_mut()) };
        // SAFETY: by the contract of this function.
        unsafe { pointer::write(program, ptr::null_mut()) }?;
        // SAFETY: by the contract of this function.
        let bundle = unsafe { bundle.required() }?;
        match engine::load(bundle) {
            // SAFETY: by the contract of this function.
            Ok(loaded) => unsafe { pointer::write(program, pointer::give(ProgramHandle(loaded))) },
            Err(problem) => {
                // SAFETY: by the contract of this function.
                unsafe { give_error(error, Status::BundleRefused, &problem) };
                Err(Status::BundleRefused)
            }
        }
    })
}

/// Explains a failure, when the caller asked for that.
///
/// # Safety
/// `error` is null or points at memory for one pointer.
pub(crate) unsafe fn give_error(error: *mut *mut Text, status: Status, problem: &str) {
    let text = Text::give(format!("{}: {problem}", status.word()));
    // SAFETY: by the contract of this function.
    if unsafe { pointer::write(error, text) }.is_err() {
        // SAFETY: made above, and given to nobody.
        unsafe { pointer::take_back(text) };
    }
}

/// Writes the digest of the bundle, 32 bytes, to `digest`; zeros when there is no program.
///
/// Threads: any, at any time.
///
/// # Safety
/// `program` is null, or came from `mcpz_program_load` and was not freed; `digest` is null or points at 32 writable
/// bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_program_digest(program: *const ProgramHandle, digest: *mut u8) -> Status {
    guarded(|| {
        // SAFETY: by the contract of this function.
        let found = unsafe { pointer::shared(program) }.map(|program| program.0.digest());
        // SAFETY: by the contract of this function.
        unsafe { pointer::write(digest.cast(), found.unwrap_or_default()) }?;
        found.map(|_| ())
    })
}

/// Frees a program; null is nothing to free.
///
/// Ownership: takes the program. Principals and decisions that were made with it stay, and are of use only to be
/// read and freed. Threads: any, when no other uses it.
///
/// # Safety
/// `program` is null, or came from `mcpz_program_load`, was not freed, and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_program_free(program: *mut ProgramHandle) {
    let _ = caught(|| {
        // SAFETY: by the contract of this function.
        unsafe { pointer::take_back(program) }
    });
}
