//! All integration tests, in one binary.

// `cfg(test)` here too: it is what tells clippy that these are tests.
#[cfg(test)]
mod apps;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod counts;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod heat;
#[cfg(test)]
mod init;
#[cfg(test)]
mod install;
#[cfg(test)]
mod notify;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod profiles;
#[cfg(test)]
mod rehearse;
#[cfg(test)]
mod remaining;
#[cfg(test)]
mod report;
#[cfg(test)]
mod security;
#[cfg(test)]
mod slurm;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod support;
#[cfg(test)]
mod sweep;
