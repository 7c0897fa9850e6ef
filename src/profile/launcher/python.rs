//! What starts the ranks of PyTorch programs.

/// Options of `torchrun`, `accelerate launch` and `deepspeed` with a value in the next word; each may be written with
/// underscores too.
pub(super) const TORCHRUN: &[&str] = &[
    "-t",
    "-H",
    "--hostfile",
    "--nnodes",
    "--nproc-per-node",
    "--nproc_per_node",
    "--rdzv-backend",
    "--rdzv_backend",
    "--rdzv-endpoint",
    "--rdzv_endpoint",
    "--rdzv-id",
    "--rdzv_id",
    "--rdzv-conf",
    "--rdzv_conf",
    "--max-restarts",
    "--max_restarts",
    "--monitor-interval",
    "--monitor_interval",
    "--start-method",
    "--start_method",
    "--role",
    "--log-dir",
    "--log_dir",
    "-r",
    "--redirects",
    "--tee",
    "--local-ranks-filter",
    "--local_ranks_filter",
    "--node-rank",
    "--node_rank",
    "--master-addr",
    "--master_addr",
    "--master-port",
    "--master_port",
    "--local-addr",
    "--local_addr",
    "--logs-specs",
    "--logs_specs",
    "--signals-to-handle",
    "--shutdown-timeout",
    "--num_nodes",
    "--num_gpus",
    "--include",
    "--exclude",
    "--launcher",
    "--config_file",
    "--num_processes",
    "--num_machines",
    "--machine_rank",
    "--main_process_ip",
    "--main_process_port",
    "--mixed_precision",
    "--gpu_ids",
    "--num_cpu_threads_per_process",
];

const MODULES: [&str; 2] = ["torch.distributed.run", "torch.distributed.launch"];

/// How many words `python -m torch.distributed.run` and its like are, at the beginning of `words`.
pub(in crate::profile) fn torch_module(words: &[&str], name: &str) -> Option<usize> {
    let version = name.strip_prefix("python")?;
    if !version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let options = words.iter().skip(1).take_while(|word| word.starts_with('-') && **word != "-m").count();
    let at = |place: usize| words.get(place).copied();
    (at(options + 1) == Some("-m") && at(options + 2).is_some_and(|module| MODULES.contains(&module)))
        .then_some(options + 3)
}
