//! What ckwrap knows about applications: lookup, inheritance and restart rules.

pub mod rules;
