//! The two clocks, and an alarm on the one that never jumps.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use nix::time::{ClockId as Clock, clock_gettime};

use crate::model::{Instant, Now, Timestamp};

/// The present on both clocks.
pub fn now() -> Now {
    let since_boot = clock_gettime(Clock::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default();
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now {
        instant: Instant(since_boot),
        wall: Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)),
    }
}

/// Identity of this boot, or nothing where the kernel does not say.
pub fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

/// A timer on `CLOCK_BOOTTIME` that makes a descriptor readable; it also fires after a sleep of the machine.
#[derive(Debug)]
pub struct Alarm {
    timer: TimerFd,
    set: Option<Instant>,
}

impl Alarm {
    /// An alarm that is not set.
    pub fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        Ok(Self { timer: TimerFd::new(ClockId::CLOCK_BOOTTIME, flags)?, set: None })
    }

    /// Sets it to `at`, or stops it. An instant in the past fires at once.
    pub fn set(&mut self, at: Option<Instant>) -> io::Result<()> {
        if at == self.set {
            return Ok(());
        }
        match at {
            Some(Instant(since_boot)) => {
                let at = TimeSpec::from(since_boot.max(Duration::from_nanos(1)));
                self.timer.set(Expiration::OneShot(at), TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
            }
            None => self.timer.unset()?,
        }
        self.set = at;
        Ok(())
    }

    /// Takes note that it has fired.
    pub fn fired(&mut self) {
        self.set = None;
        // An unset timer would make a read block, were it not for TFD_NONBLOCK.
        let _ = self.timer.wait();
    }
}

impl AsFd for Alarm {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }
}
