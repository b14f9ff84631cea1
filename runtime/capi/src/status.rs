//! How a call ended, and the one place where panics stop.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a call ended. The numbers and names are stable; whatever is not `MCPZ_STATUS_OK` means that nothing was
/// decided, and is to be treated as a denial.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was done. Of `mcpz_decide`: there is a decision, which may well be a denial.
    Ok = 0,
    /// A pointer that must not be null is null, or is not aligned as its type asks.
    BadPointer = 1,
    /// A length or number that cannot be: longer than any memory, an address that has neither 4 nor 16 bytes, no
    /// direction.
    BadValue = 2,
    /// A structure's `size` is not that of this version of the ABI.
    BadSize = 3,
    /// A text is not UTF-8.
    NotUtf8 = 4,
    /// The verifier refused the bundle.
    BundleRefused = 5,
    /// The credential is not of the documented form.
    BadPrincipal = 6,
    /// The principal or the decision was made with another program.
    OtherProgram = 7,
    /// The scratch memory is in use: by another thread, or by the call that this one is made from.
    Busy = 8,
    /// The library failed; this is a defect of mcpz.
    Panicked = 9,
}

impl Status {
    /// Every status.
    ///
    /// cbindgen:ignore
    pub const ALL: [Status; 10] = [
        Status::Ok,
        Status::BadPointer,
        Status::BadValue,
        Status::BadSize,
        Status::NotUtf8,
        Status::BundleRefused,
        Status::BadPrincipal,
        Status::OtherProgram,
        Status::Busy,
        Status::Panicked,
    ];

    /// Its stable name; of a failed call, also the reason of the denial.
    pub fn name(self) -> &'static CStr {
        match self {
            Status::Ok => c"ok",
            Status::BadPointer => c"boundary_bad_pointer",
            Status::BadValue => c"boundary_bad_value",
            Status::BadSize => c"boundary_bad_size",
            Status::NotUtf8 => c"boundary_not_utf8",
            Status::BundleRefused => c"boundary_bundle_refused",
            Status::BadPrincipal => c"boundary_bad_principal",
            Status::OtherProgram => c"boundary_other_program",
            Status::Busy => c"boundary_busy",
            Status::Panicked => c"boundary_panicked",
        }
    }

    /// The name as Rust text.
    pub fn word(self) -> &'static str {
        self.name().to_str().unwrap_or("boundary")
    }
}

/// The name of a status, for logs: `boundary_bad_pointer`. Of a number that is no status, `boundary_unknown`.
///
/// Ownership: the text is static and ends with a NUL byte. Threads: any, at any time.
#[unsafe(no_mangle)]
pub extern "C" fn mcpz_status_name(status: i32) -> *const c_char {
    let known = Status::ALL.into_iter().find(|known| code(*known) == status);
    known.map_or(c"boundary_unknown", Status::name).as_ptr()
}

/// The number of a status.
fn code(status: Status) -> i32 {
    status as i32
}

/// Runs the body of an entry point; a panic becomes [`Status::Panicked`].
///
/// The bodies write results only as their last step, so that a panic leaves nothing half written.
pub(crate) fn guarded(body: impl FnOnce() -> Result<(), Status>) -> Status {
    match caught(body) {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(status)) => status,
        Err(Panicked) => Status::Panicked,
    }
}

/// The body panicked.
pub(crate) struct Panicked;

/// Runs something; a panic ends here.
pub(crate) fn caught<T>(body: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        // What a panic carries may panic in turn when it is dropped.
        std::mem::forget(payload);
        Panicked
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_status() {
        assert_eq!(guarded(|| Ok(())), Status::Ok);
        assert_eq!(guarded(|| Err(Status::Busy)), Status::Busy);
        assert_eq!(guarded(|| panic!("on purpose")), Status::Panicked);
    }

    #[test]
    fn numbers_and_names_are_stable() {
        for (number, status) in Status::ALL.into_iter().enumerate() {
            assert_eq!(usize::try_from(code(status)), Ok(number));
            assert!(status == Status::Ok || status.word().starts_with("boundary_"), "{}", status.word());
        }
    }
}
