//! Every built-in profile: it says what the table says, is chosen by the command lines it is for, and resolves.

use std::ffi::OsString;
use std::fs;

use super::tests::Run;
use super::*;
use crate::profile::{BUILTIN, Builtin, GENERIC, detect, program};

/// A command line for each profile, and the input files it needs: `NAME: TEXT`. A line that begins with `-p` names its
/// profile, since no command line tells.
const EXAMPLES: &[(&str, &str, &[&str])] = &[
    ("gromacs", "srun gmx_mpi mdrun -deffnm md", &[]),
    ("lammps", "mpirun -np 2 lmp -in in.melt", &[]),
    ("cp2k", "srun cp2k.psmp -i water.inp", &["water.inp: &GLOBAL\n  PROJECT water\n&END\n"]),
    ("openfoam", "icoFoam -case cavity", &[]),
    ("openfoam_parallel", "mpirun -np 2 simpleFoam -parallel", &[]),
    ("iqtree", "iqtree2 -s turtle.fa -T 2", &[]),
    ("torchrun", "torchrun --nproc_per_node 2 train.py", &[]),
    ("pytorch", "-p python3 train.py", &[]),
    ("tensorflow", "-p python3 train.py", &[]),
    ("r", "Rscript loop.R", &[]),
    ("octave", "octave-cli loop.m", &[]),
    ("python", "srun python3.11 -u loop.py", &[]),
    ("namd", "srun namd3 +p4 md.conf", &[]),
    (
        "amber",
        "-p pmemd.cuda -O -i md.in -o md.out -p top -c start.rst -r md.rst",
        &["md.in: &cntrl\n  irest=0, ntx=1, nstlim=1000,\n/\n"],
    ),
    ("openmm", "-p python3 simulate.py", &[]),
    (
        "qe",
        "mpirun -np 4 pw.x -nk 2 -in scf.in",
        &["scf.in: &CONTROL\n  prefix = 'si', outdir = './out/'\n  restart_mode = 'from_scratch'\n/\n"],
    ),
    ("vasp", "srun vasp_std", &[]),
    ("gaussian", "g16 opt.com", &[]),
    ("orca", "/opt/orca/orca mol.inp", &[]),
    ("nwchem", "mpirun -np 4 nwchem water.nw", &["water.nw: start water\ntask scf\n"]),
    ("wrf", "srun ./wrf.exe", &[]),
    ("fluent", "fluent 3ddp -g -t4 -i run.jou", &[]),
    ("abaqus", "abaqus job=crash input=crash.inp interactive", &[]),
    ("lsdyna", "mpirun -np 8 ls-dyna_mpp i=crash.k memory=200m", &[]),
    ("starccm", "starccm+ -np 4 -batch run.java car.sim", &[]),
    ("siesta", "srun siesta si.fdf", &[]),
    ("abinit", "mpirun -np 2 abinit si.abi", &[]),
    ("dftbplus", "dftb+", &[]),
    ("nek5000", "mpirun -np 4 ./nek5000", &[]),
    (
        "flash",
        "srun ./flash4 -par_file sedov.par",
        &["sedov.par: restart = .false.\ncheckpointFileNumber = 0\n"],
    ),
    ("enzo", "mpirun -np 4 ./enzo.exe -d sim.enzo", &[]),
    ("amrex", "-p srun ./Castro3d.gnu.MPI.ex inputs", &[]),
    ("athena", "mpirun -np 2 ./athena -i athinput.blast", &[]),
    ("pluto", "mpirun -np 4 ./pluto -i pluto.ini", &[]),
    ("gadget", "srun ./Gadget4 param.txt", &["param.txt: OutputDir  ./output/\nTimeMax 1.0\n"]),
    ("ramses", "mpirun -np 4 ./ramses3d cosmo.nml", &["cosmo.nml: &RUN_PARAMS\nnrestart=0\n/\n"]),
    ("aspect", "srun aspect-release convection.prm", &["convection.prm: set Output directory = out-1\n"]),
    ("moose", "mpirun -np 4 ./heat-opt -i heat.i", &[]),
    ("cesm", "srun ./bld/cesm.exe", &[]),
    ("mitgcm", "mpirun -np 2 ./mitgcmuv", &[]),
    (
        "qmcpack",
        "srun qmcpack_complex dmc.xml",
        &["dmc.xml: <simulation><project id=\"dmc\" series=\"0\"/></simulation>\n"],
    ),
    ("raxmlng", "raxml-ng-mpi --msa prim.phy --model GTR+G --prefix T1", &[]),
    ("raxml8", "raxmlHPC-PTHREADS -s prim.phy -n T1 -m GTRGAMMA -p 1", &[]),
    ("beast2", "beast -threads 2 -seed 1 primates.xml", &[]),
    (
        "mrbayes",
        "mpirun -np 4 mb-mpi primates.nex",
        &["primates.nex: begin mrbayes;\n  mcmc ngen=10000;\nend;\n"],
    ),
    ("lightning", "-p srun python train.py", &[]),
    ("hf_trainer", "-p python run_glue.py --output_dir out", &[]),
    ("orbax", "-p srun python train_jax.py", &[]),
    ("julia", "julia -t 4 loop.jl", &[]),
    ("matlab", "matlab -batch loop", &[]),
    ("dmtcp", "dmtcp_launch ./sim input", &[]),
    ("criu", "-p ./sim input", &[]),
    ("generic", "./sim input", &[]),
];

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn detected(line: &str) -> Option<&'static Builtin> {
    let command = words(line);
    detect(&command, program(&command))
}

#[test]
fn the_table_says_what_the_texts_say() {
    for builtin in BUILTIN {
        let name = builtin.name;
        let wire = parse::wire(&profiles::source(builtin)).unwrap();
        assert_eq!(wire.summary.as_deref(), Some(builtin.summary), "{name}");
        assert_eq!(wire.tested.as_deref(), builtin.tested, "{name}");
        assert_eq!(wire.status == Some(wire::Status::Experimental), builtin.experimental, "{name}");
        assert_eq!(wire.matches.is_some(), builtin.matches.is_some(), "{name}");
        let (Some(said), Some(table)) = (wire.matches, builtin.matches) else { continue };
        assert_eq!(said.exe.unwrap_or_default(), table.exe, "{name}");
        assert_eq!(said.exe_re.as_deref(), table.exe_re.map(|pattern| pattern.regex), "{name}");
        assert_eq!(said.arg.as_deref(), table.arg, "{name}");
        assert_eq!(said.arg_re.as_deref(), table.arg_re.map(|pattern| pattern.regex), "{name}");
        assert_eq!(said.launcher.unwrap_or_default(), table.launcher, "{name}");
        for pattern in [table.exe_re, table.arg_re].into_iter().flatten() {
            assert!(regex_lite::Regex::new(pattern.regex).is_ok(), "{name}");
            assert_eq!(pattern.word, pattern.word.to_ascii_lowercase(), "{name}");
        }
    }
}

#[test]
fn every_profile_has_an_example_and_is_chosen_by_it() {
    for builtin in BUILTIN {
        let mut examples = EXAMPLES.iter().filter(|(name, _, _)| *name == builtin.name).peekable();
        assert!(examples.peek().is_some(), "{} has no example", builtin.name);
        for (name, line, _) in examples {
            let chosen = detected(line).map(|chosen| chosen.name);
            match line.strip_prefix("-p ") {
                Some(_) => assert_eq!(builtin.matches, None, "{name}"),
                None if *name == GENERIC => assert_eq!(chosen, None, "{line}"),
                None => assert_eq!(chosen, Some(*name), "{line}"),
            }
        }
    }
}

#[test]
fn every_profile_resolves() {
    for (name, line, files) in EXAMPLES {
        let mut run = Run::new();
        for file in *files {
            let (file, text) = file.split_once(": ").unwrap();
            run = run.file(file, text);
        }
        let line = match line.strip_prefix("-p ") {
            Some(rest) => {
                run = run.option("profile", name);
                rest
            }
            None => line,
        };
        let loaded = run.load(line).unwrap_or_else(|error| panic!("{name}: {error}"));
        let profile = &loaded.plan.profile;
        assert_eq!(profile.name, *name, "{line}");
        assert!(!profile.triggers.is_empty() || *name == "raxml8", "{name}");
    }
}

#[test]
fn the_texts_are_documented() {
    for builtin in BUILTIN {
        assert!(builtin.text.starts_with("# "), "{}: where the knowledge comes from", builtin.name);
        assert!(builtin.text.ends_with('\n') && !builtin.text.contains('\t'), "{}", builtin.name);
        assert!(builtin.text.lines().all(|line| line.chars().count() <= 120), "{}", builtin.name);
        assert!(builtin.text.contains("\nkill: {safe: "), "{}", builtin.name);
    }
    assert!(
        fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/profile/builtin")).unwrap().count()
            == BUILTIN.len()
    );
}
