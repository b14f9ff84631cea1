//! A text that the caller owns.

use crate::bytes::Bytes;
use crate::pointer;
use crate::status::caught;

/// A text that the library made and the caller frees.
pub struct Text(Vec<u8>);

impl Text {
    /// Hands a text to the caller.
    pub(crate) fn give(text: String) -> *mut Text {
        let mut bytes = text.into_bytes();
        bytes.push(0);
        pointer::give(Text(bytes))
    }
}

/// The bytes of a text; absent for null. A NUL byte follows them, which `len` does not count.
///
/// Ownership: the view lives as long as the text. Threads: any; a text never changes.
///
/// # Safety
/// `text` is null, or came from this library and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_text_bytes(text: *const Text) -> Bytes {
    // SAFETY: by the contract of this function.
    let Ok(text) = (unsafe { pointer::shared(text) }) else {
        return Bytes::NONE;
    };
    Bytes::of(text.0.split_last().map_or(&[], |(_, bytes)| bytes))
}

/// Frees a text; null is nothing to free.
///
/// Ownership: takes the text. Threads: any, when no other uses it.
///
/// # Safety
/// `text` is null, or came from this library, was not freed, and nobody uses it or a view of it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mcpz_text_free(text: *mut Text) {
    let _ = caught(|| {
        // SAFETY: by the contract of this function.
        unsafe { pointer::take_back(text) }
    });
}
