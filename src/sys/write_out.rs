//! Writing a part of a file to its disk: fsync(2) writes all of it in one call, which may take minutes and cannot be ended.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;

/// Waits until these bytes of a file are with its disk. That alone does not make them durable: fsync(2) must follow.
///
/// # Errors
///
/// What could not be written. A file system that cannot do it in parts is none: fsync(2) does it all the same.
pub fn write_out(file: &impl AsFd, offset: i64, length: i64) -> io::Result<()> {
    let flags =
        libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    let fd = file.as_fd().as_raw_fd();
    // SAFETY: the descriptor is open as long as it is borrowed; no memory is passed.
    let result = unsafe { libc::sync_file_range(fd, offset, length, flags) };
    match Errno::result(result) {
        Err(errno @ (Errno::EIO | Errno::ENOSPC | Errno::EDQUOT)) => Err(errno.into()),
        _ => Ok(()),
    }
}
