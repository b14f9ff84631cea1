//! From pointers to references and back: the only module that follows a pointer of the caller's.
//!
//! What can be tested is tested here (null, alignment, lengths, sizes of structures); what cannot (that a pointer
//! that looks sound points at what its type says, and that a handle was not freed) is asked of the caller in the
//! documentation of each function.

use crate::status::Status;

/// A pointer that may be followed.
fn sound<T>(pointer: *const T) -> Result<*const T, Status> {
    if pointer.is_null() || !pointer.is_aligned() { Err(Status::BadPointer) } else { Ok(pointer) }
}

/// A handle that the library made.
///
/// # Safety
/// When neither null nor misaligned, it points at a live `T` that nobody changes during `'a`.
pub(crate) unsafe fn shared<'a, T>(pointer: *const T) -> Result<&'a T, Status> {
    let pointer = sound(pointer)?;
    // SAFETY: not null, aligned, and live and unchanging by the contract of this function.
    Ok(unsafe { &*pointer })
}

/// A handle that the library made, to change it.
///
/// # Safety
/// When neither null nor misaligned, it points at a live `T` that nobody else uses during `'a`.
pub(crate) unsafe fn exclusive<'a, T>(pointer: *mut T) -> Result<&'a mut T, Status> {
    sound(pointer)?;
    // SAFETY: not null, aligned, and live and unshared by the contract of this function.
    Ok(unsafe { &mut *pointer })
}

/// A copy of a structure of the caller's, which says its size in front.
///
/// # Safety
/// When neither null nor misaligned, it points at a readable `usize`, and when that is the size of `T`, at a whole
/// and initialised `T`.
pub(crate) unsafe fn sized<T: Copy>(pointer: *const T) -> Result<T, Status> {
    let pointer = sound(pointer)?;
    // SAFETY: not null, aligned for `T`, whose first member is a `usize`, and readable by the contract.
    let size = unsafe { pointer.cast::<usize>().read() };
    if size != size_of::<T>() {
        return Err(Status::BadSize);
    }
    // SAFETY: as above, and the caller says that all of the structure is there.
    Ok(unsafe { pointer.read() })
}

/// The elements of an array of the caller's.
///
/// # Safety
/// When neither null nor misaligned, `data` points at `len` initialised elements that nobody changes during `'a`.
pub(crate) unsafe fn slice<'a, T>(data: *const T, len: usize) -> Result<&'a [T], Status> {
    if len == 0 {
        return Ok(&[]);
    }
    let data = sound(data)?;
    let bytes = len.checked_mul(size_of::<T>()).and_then(|bytes| isize::try_from(bytes).ok());
    if bytes.is_none_or(|bytes| data.addr().checked_add_signed(bytes).is_none()) {
        return Err(Status::BadValue);
    }
    // SAFETY: not null, aligned, at most `isize::MAX` bytes that do not wrap around, and readable by the contract.
    Ok(unsafe { std::slice::from_raw_parts(data, len) })
}

/// An out parameter that must be given.
///
/// # Safety
/// When neither null nor misaligned, it points at memory for a `T` that only this call uses.
pub(crate) unsafe fn write<T>(out: *mut T, value: T) -> Result<(), Status> {
    sound(out)?;
    // SAFETY: not null, aligned, and writable by the contract. What stood there is not dropped: it was never ours.
    unsafe { out.write(value) };
    Ok(())
}

/// Gives a new handle to the caller.
pub(crate) fn give<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Takes a handle back and frees it; null is nothing to free.
///
/// # Safety
/// When not null, it came from [`give`], was not freed, and nobody uses it any more.
pub(crate) unsafe fn take_back<T>(handle: *mut T) {
    if sound(handle).is_ok() {
        // SAFETY: from `Box::into_raw` and given back once, by the contract.
        drop(unsafe { Box::from_raw(handle) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Sized {
        size: usize,
        value: u64,
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let words = [1_u64, 2];
        let odd = words.as_ptr().cast::<u8>().wrapping_add(1);
        // SAFETY: refused before it is followed.
        assert_eq!(unsafe { shared(odd.cast::<u64>()) }, Err(Status::BadPointer));
        // SAFETY: refused before it is followed.
        assert_eq!(unsafe { shared(std::ptr::null::<u64>()) }, Err(Status::BadPointer));
        // SAFETY: the length is refused before anything is read.
        assert_eq!(unsafe { slice(words.as_ptr(), usize::MAX) }, Err(Status::BadValue));
        // SAFETY: the length is refused before anything is read.
        assert_eq!(unsafe { slice(words.as_ptr(), isize::MAX.unsigned_abs() / 8 + 1) }, Err(Status::BadValue));
        // SAFETY: nothing is read of an empty array.
        assert_eq!(unsafe { slice(std::ptr::null::<u64>(), 0) }, Ok([].as_slice()));
        // SAFETY: an array of two.
        assert_eq!(unsafe { slice(words.as_ptr(), 2) }, Ok(words.as_slice()));
    }

    #[test]
    fn a_structure_of_another_size_is_refused() {
        let mut given = Sized { size: size_of::<Sized>(), value: 7 };
        // SAFETY: a whole structure.
        assert_eq!(unsafe { sized(&raw const given) }.map(|copy| copy.value), Ok(7));
        given.size += 1;
        // SAFETY: a whole structure, whatever it says.
        assert_eq!(unsafe { sized(&raw const given) }.map(|copy| copy.value), Err(Status::BadSize));
    }
}
