//! How large the window of a terminal is.

use std::os::fd::{AsFd, AsRawFd};

/// Columns and rows of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowSize {
    /// Characters in a line.
    pub columns: usize,
    /// Lines.
    pub rows: usize,
}

/// The size of the terminal behind a descriptor; `None` where there is none, or it does not say.
pub fn window_size(terminal: &impl AsFd) -> Option<WindowSize> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    let fd = terminal.as_fd().as_raw_fd();
    // SAFETY: the descriptor is open as long as it is borrowed, and the kernel writes no more than a `winsize` there.
    let result = unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &raw mut size) };
    let (columns, rows) = (usize::from(size.ws_col), usize::from(size.ws_row));
    (result == 0 && columns > 0 && rows > 0).then_some(WindowSize { columns, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_no_window() {
        assert_eq!(window_size(&std::fs::File::open("/dev/null").unwrap()), None);
    }
}
