//! `ckwrap report` and what `ckwrap status` shows beside the journal: the program as people run it, and the page as a browser
//! shows it.

mod browser;
mod command;
mod looks;
mod scene;
mod status;
