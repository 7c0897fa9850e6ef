//! Names of system calls.

macro_rules! names {
    ($($name:ident)*) => {
        /// The name of a system call, or its number for the rarer ones.
        pub(crate) fn name(number: i64) -> String {
            $(if number == paste(libc::$name) { return stringify!($name).trim_start_matches("SYS_").to_owned(); })*
            format!("nr{number}")
        }
    };
}

/// `libc` has them in the width of a register.
fn paste(number: libc::c_long) -> i64 {
    number
}

names! {
    SYS_bind SYS_brk SYS_clock_gettime SYS_clone SYS_clone3 SYS_close SYS_connect SYS_copy_file_range SYS_dup2 SYS_dup3
    SYS_execve SYS_exit SYS_exit_group SYS_faccessat SYS_faccessat2 SYS_fchmod SYS_fchmodat SYS_fcntl SYS_fdatasync SYS_flock
    SYS_fstat SYS_fsync SYS_ftruncate SYS_futex SYS_getcwd SYS_getdents64 SYS_getegid SYS_geteuid SYS_getpgrp SYS_getpid
    SYS_getppid SYS_getrandom SYS_gettid SYS_getuid SYS_ioctl SYS_kill SYS_link SYS_linkat SYS_lseek SYS_lstat
    SYS_madvise SYS_mkdir SYS_mkdirat SYS_mmap SYS_mprotect SYS_mremap SYS_munmap SYS_newfstatat SYS_open SYS_openat
    SYS_pidfd_open SYS_pipe2 SYS_poll SYS_ppoll SYS_prctl SYS_pread64 SYS_prlimit64 SYS_pwrite64 SYS_read SYS_readlink
    SYS_readlinkat SYS_recvmsg SYS_rename SYS_renameat SYS_renameat2 SYS_rmdir SYS_rseq SYS_rt_sigaction
    SYS_rt_sigprocmask SYS_rt_sigreturn SYS_rt_sigqueueinfo SYS_sched_getaffinity SYS_sched_yield SYS_sendto
    SYS_set_robust_list SYS_setpgid SYS_setsockopt SYS_sigaltstack SYS_signalfd4 SYS_socket SYS_stat SYS_statx
    SYS_symlink SYS_tgkill SYS_timerfd_create SYS_timerfd_settime SYS_uname SYS_unlink SYS_unlinkat SYS_utimensat
    SYS_wait4 SYS_waitid SYS_write SYS_writev
}
