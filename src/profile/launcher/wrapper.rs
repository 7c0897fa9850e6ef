//! Options with a value in the next word, of what watches a program or chooses its place.

/// Of `numactl`.
pub(super) const NUMACTL: &[&str] = &[
    "-i",
    "--interleave",
    "-p",
    "--preferred",
    "-N",
    "--cpunodebind",
    "-C",
    "--physcpubind",
    "-m",
    "--membind",
];

/// Of `xvfb-run`.
pub(super) const XVFB: &[&str] = &[
    "-e",
    "--error-file",
    "-f",
    "--auth-file",
    "-n",
    "--server-num",
    "-p",
    "--xauth-protocol",
    "-s",
    "--server-args",
    "-w",
    "--wait",
];

/// Of `perf stat` and `perf record`.
pub(super) const PERF: &[&str] =
    &["-e", "--event", "-o", "--output", "-r", "--repeat", "-I", "-F", "-x", "-C"];

/// Of `nsys profile`.
pub(super) const NSYS: &[&str] = &[
    "-o",
    "--output",
    "-t",
    "--trace",
    "-s",
    "--sample",
    "-d",
    "--duration",
    "-y",
    "--delay",
    "-c",
    "--stats",
];

/// Of another `ckwrap`, which passes everything on.
pub(super) const CKWRAP: &[&str] = &[
    "-c",
    "--config",
    "-p",
    "--profile",
    "--signal",
    "--lead",
    "--time-limit",
    "--continue",
    "--engine",
    "--max-segments",
    "--chain",
    "--log-format",
];

/// Of `tini`.
pub(super) const TINI: &[&str] = &["-p", "-e"];

/// Of `strace`.
pub(super) const STRACE: &[&str] =
    &["-a", "-b", "-e", "-E", "-I", "-o", "-O", "-p", "-P", "-s", "-S", "-u", "-U", "-X"];

/// Of `valgrind`, which takes values after `=` alone.
pub(super) const VALGRIND: &[&str] = &[];
