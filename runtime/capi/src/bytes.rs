//! A view of bytes, as it crosses the boundary in both directions.

use crate::pointer;
use crate::status::Status;
use std::ptr;

/// A view of `len` bytes at `data`; texts are UTF-8 and do not end with a NUL byte. With `len` 0 nothing is read, and
/// `data` may be null; whether that means empty or absent is said where it is used.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Bytes {
    /// The first byte.
    pub data: *const u8,
    /// How many bytes there are.
    pub len: usize,
}

impl Bytes {
    /// No bytes at all.
    pub const NONE: Bytes = Bytes { data: ptr::null(), len: 0 };

    /// A view of memory that lives long enough; by whose promise is said where it is used.
    pub(crate) fn of(bytes: &[u8]) -> Bytes {
        Bytes { data: bytes.as_ptr(), len: bytes.len() }
    }

    /// Whether there is nothing: not even an empty text.
    pub(crate) fn is_absent(self) -> bool {
        self.data.is_null() && self.len == 0
    }

    /// The bytes; none when absent.
    ///
    /// # Safety
    /// As [`pointer::slice`].
    pub(crate) unsafe fn get<'a>(self) -> Result<&'a [u8], Status> {
        // SAFETY: by the contract of this function, which is the same.
        unsafe { pointer::slice(self.data, self.len) }
    }

    /// The bytes, which must be there.
    ///
    /// # Safety
    /// As [`pointer::slice`].
    pub(crate) unsafe fn required<'a>(self) -> Result<&'a [u8], Status> {
        if self.data.is_null() {
            return Err(Status::BadPointer);
        }
        // SAFETY: by the contract of this function, which is the same.
        unsafe { self.get() }
    }

    /// The text, which must be there.
    ///
    /// # Safety
    /// As [`pointer::slice`].
    pub(crate) unsafe fn text<'a>(self) -> Result<&'a str, Status> {
        // SAFETY: by the contract of this function, which is the same.
        let bytes = unsafe { self.required() }?;
        str::from_utf8(bytes).map_err(|_| Status::NotUtf8)
    }
}
