//! Requests for generic resources: from the form in which Slurm shows them to the form sbatch takes.
//!
//! 20.11 shows `gpu:2`, 22.05 `gres:gpu:2`, 23.02 on `gres/gpu:2`, and counts of CPUs as `cpu=2` or `cpu:2`.

/// The items of a list that are generic resources, as `--gres` takes them: `gpu:a100:2,shard:1`.
pub(super) fn gres(text: &str) -> Option<String> {
    join(items(text).map(str::to_owned))
}

/// The items that are GPUs, as `--gpus` takes them: `2`, `a100:2`. Also for sizes: `4G`.
pub(super) fn gpus(text: &str) -> Option<String> {
    join(items(text).filter_map(|item| {
        let rest = item.strip_prefix("gpu")?;
        match rest.as_bytes().first() {
            None => Some("1".to_owned()),
            Some(b':' | b'=') => rest.get(1..).map(|count| count.replace('=', ":")),
            Some(_) => None,
        }
    }))
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    const OTHERS: [&str; 6] = ["cpu", "mem", "node", "billing", "license", "bb"];
    text.split(',').filter_map(|item| {
        let item = item.trim();
        let item = item.strip_prefix("gres:").or_else(|| item.strip_prefix("gres/")).unwrap_or(item);
        let name = item.split([':', '=', '/']).next().unwrap_or_default();
        (!name.is_empty() && !OTHERS.contains(&name)).then_some(item)
    })
}

fn join(items: impl Iterator<Item = String>) -> Option<String> {
    let list = items.collect::<Vec<_>>().join(",");
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("gres:gpu:2", Some("gpu:2"), Some("2"))]
    #[case("gres/gpu:a100:2,gres/shard:1", Some("gpu:a100:2,shard:1"), Some("a100:2"))]
    #[case("gpu:2", Some("gpu:2"), Some("2"))]
    #[case("gpu", Some("gpu"), Some("1"))]
    #[case("gres/gpu=1", Some("gpu=1"), Some("1"))]
    #[case("cpu=2", None, None)]
    #[case("cpu:2,gres/gpu:1", Some("gpu:1"), Some("1"))]
    #[case("gres:craynetwork:1", Some("craynetwork:1"), None)]
    #[case("", None, None)]
    fn requests(#[case] shown: &str, #[case] as_gres: Option<&str>, #[case] as_gpus: Option<&str>) {
        assert_eq!((gres(shown).as_deref(), gpus(shown).as_deref()), (as_gres, as_gpus));
    }
}
