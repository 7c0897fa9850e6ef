//! Looking again and again: in place on a terminal, one block after the other elsewhere.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use nix::poll::{PollTimeout, poll};

use super::status::{self, StatusArgs, StatusError};
use crate::sys::{self, WindowSize};

/// Where nothing tells how wide it is.
const USUAL: WindowSize = WindowSize { columns: 80, rows: 24 };
/// Up to the first column of the first line; less flicker than clearing all.
const HOME: &str = "\u{1b}[H";
const CLEAR_REST_OF_LINE: &str = "\u{1b}[K";
const CLEAR_BELOW: &str = "\u{1b}[J";

/// Shows the status once, or until somebody ends it.
pub(super) fn status(args: &StatusArgs, cwd: &Path, out: &mut impl Write) -> Result<(), StatusError> {
    let stdout = io::stdout();
    let terminal = stdout.is_terminal();
    let size = || sys::window_size(&stdout).filter(|_| terminal).unwrap_or(USUAL);
    let Some(seconds) = args.watch else {
        return status::execute(args, cwd, out, sys::now().wall, size().columns);
    };
    let in_place =
        terminal && std::env::var_os("TERM").is_some_and(|term| term != "dumb" && !term.is_empty());
    loop {
        let (now, size) = (sys::now().wall, size());
        let mut text = Vec::new();
        status::execute(args, cwd, &mut text, now, size.columns)?;
        let text = String::from_utf8_lossy(&text);
        let head = format!("ckwrap status, {now}; every {seconds}s, Ctrl-C ends it");
        if in_place {
            out.write_all(screen(&head, &text, size).as_bytes())?;
        } else {
            write!(out, "{head}\n{text}\n")?;
        }
        out.flush()?;
        pause(Duration::from_secs(u64::from(seconds)));
    }
}

/// One screen: what does not fit is counted.
fn screen(head: &str, text: &str, size: WindowSize) -> String {
    let lines: Vec<&str> = [head, ""].into_iter().chain(text.lines()).collect();
    let room = size.rows.max(4) - 1;
    let fits = lines.len() <= room;
    let kept = if fits { lines.len() } else { room - 1 };
    let mut shown = String::from(HOME);
    for line in lines.iter().take(kept) {
        shown.extend(line.chars().take(size.columns));
        shown.push_str(CLEAR_REST_OF_LINE);
        shown.push('\n');
    }
    if !fits {
        let more = format!("{} more lines: make the window higher, or name one chain", lines.len() - kept);
        shown.extend(more.chars().take(size.columns));
        shown.push_str(CLEAR_REST_OF_LINE);
        shown.push('\n');
    }
    shown + CLEAR_BELOW
}

fn pause(time: Duration) {
    let until = sys::now().instant + time;
    loop {
        let left = until.since(sys::now().instant);
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        // A changed window interrupts: it is to be drawn anew.
        if left.is_zero() || poll(&mut [], timeout).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_holds_what_fits_and_counts_the_rest() {
        let text =
            (1..=9).map(|number| format!("line {number} {}", "x".repeat(50))).collect::<Vec<_>>().join("\n");
        let shown = screen("head", &text, WindowSize { columns: 20, rows: 8 });
        let plain = shown.replace(HOME, "").replace(CLEAR_REST_OF_LINE, "").replace(CLEAR_BELOW, "");
        assert!(plain.lines().all(|line| line.chars().count() <= 20), "{plain}");
        assert_eq!(plain.lines().count(), 7);
        assert_eq!(plain.lines().last(), Some("5 more lines: make t"));
        let all = screen("head", &text, WindowSize { columns: 80, rows: 24 });
        assert_eq!(all.lines().count(), 12);
    }
}
