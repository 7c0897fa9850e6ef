//! File descriptors that are not ours: kept for the child, given up by ckwrap.

/// Opens `/dev/null` where a standard stream is closed, so that no file of ours lands on 0, 1 or 2.
///
/// Close-on-exec: the child finds the stream closed, as it would have without ckwrap.
pub(super) fn fill_closed_stdio() {
    for descriptor in 0..=2 {
        // SAFETY: fcntl and open take no pointers but a constant string.
        unsafe {
            if libc::fcntl(descriptor, libc::F_GETFD) == -1 {
                libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
            }
        }
    }
}

/// Gives up stdin and stdout, so that whoever is at their other end sees the child close them.
pub fn leave_stdio() {
    // SAFETY: descriptors 0 and 1 are replaced by `/dev/null`, never left free for another file.
    unsafe {
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
        if null >= 0 {
            libc::dup3(null, 0, libc::O_CLOEXEC);
            libc::dup3(null, 1, libc::O_CLOEXEC);
            if null > 2 {
                libc::close(null);
            }
        }
    }
}

/// Closes every descriptor from 3 on that came from the caller.
///
/// Ours are all close-on-exec and the caller's cannot be: that is how they are told apart.
pub fn close_inherited() {
    let Ok(entries) = super::list("/proc/self/fd") else { return };
    let numbers: Vec<i32> =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for descriptor in numbers.into_iter().filter(|number| *number > 2) {
        // SAFETY: a descriptor without close-on-exec is no object of this program, so nobody here uses it.
        unsafe {
            let flags = libc::fcntl(descriptor, libc::F_GETFD);
            if flags >= 0 && flags & libc::FD_CLOEXEC == 0 {
                libc::close(descriptor);
            }
        }
    }
}
