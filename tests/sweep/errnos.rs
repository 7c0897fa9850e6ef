//! Which errors fit which call.

/// Errors that a call on such a thing is known to fail with; none for those that cannot fail, or whose failure is the
/// process's end. An interruption is never for good.
pub(super) fn errnos(call: &str, what: &str) -> &'static [&'static str] {
    match call {
        // Of directories, pipes and the like the kernel has nothing left to write.
        "close" if !what.starts_with('/') || what.starts_with("/proc") || what.ends_with('/') => &["EINTR"],
        "read" if what.starts_with("pipe:") => &["EINTR"],
        // ckwrap's word to itself.
        "kill" if what == "itself" => &[],
        "openat" | "open" => &[
            "ENOSPC",
            "EDQUOT",
            "EIO",
            "EROFS",
            "ESTALE",
            "EACCES",
            "EMFILE",
            "ENFILE",
            "ENAMETOOLONG",
            "EINTR",
        ],
        "mkdirat" | "mkdir" => &["ENOSPC", "EDQUOT", "EIO", "EROFS", "ESTALE", "EACCES", "EEXIST"],
        "linkat" => &["ENOSPC", "EDQUOT", "EIO", "ESTALE", "EPERM", "EMLINK", "EXDEV", "ENOENT"],
        "renameat" | "rename" => &["ENOSPC", "EDQUOT", "EIO", "ESTALE", "EXDEV", "EACCES", "ENOENT"],
        "unlinkat" | "unlink" | "rmdir" => &["EIO", "EROFS", "ESTALE", "EBUSY", "EACCES"],
        "write" | "writev" => &["ENOSPC", "EDQUOT", "EIO", "EINTR", "EPIPE", "EAGAIN", "ESTALE"],
        "fsync" | "fdatasync" => &["EIO", "ENOSPC", "EDQUOT", "ESTALE", "EINTR"],
        "close" => &["EIO", "ENOSPC", "EDQUOT", "EINTR"],
        "read" | "pread64" | "getdents64" => &["EIO", "ESTALE", "EINTR"],
        "lseek" | "statx" | "newfstatat" | "fstat" | "fchmod" | "readlink" => {
            &["EIO", "ESTALE", "EACCES", "ENOSYS"]
        }
        "clone" | "clone3" => &["EAGAIN", "ENOMEM"],
        "execve" => &["ENOMEM", "EIO", "ESTALE", "ETXTBSY", "EMFILE"],
        "poll" | "ppoll" => &["EINTR", "ENOMEM", "EINVAL"],
        "signalfd4" | "timerfd_create" | "pidfd_open" | "socket" => {
            &["EMFILE", "ENFILE", "ENOMEM", "ENOSYS", "EPERM"]
        }
        "pipe2" => &["EMFILE", "ENFILE", "ENOSYS"],
        "timerfd_settime" => &["EINVAL", "ECANCELED", "EPERM"],
        "bind" | "connect" | "setsockopt" | "recvmsg" | "sendto" => {
            &["EADDRINUSE", "ENOMEM", "EACCES", "EINTR"]
        }
        "prctl" | "rt_sigaction" | "sigaltstack" => &["EINVAL", "EPERM", "ENOSYS"],
        "fcntl" | "dup2" | "dup3" => &["EMFILE", "EINTR"],
        "kill" | "setpgid" => &["EPERM", "ESRCH"],
        "wait4" => &["EINTR"],
        "uname" | "getcwd" | "ioctl" => &["ENOSYS", "ENOENT"],
        _ => &[],
    }
}
