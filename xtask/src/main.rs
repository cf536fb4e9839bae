//! `cargo xtask build | package | serve | weigh | lab | test`: set-up, build, and the one list of checks that CI runs.
//!
//! Needs rustup and a C compiler; everything else it installs, or names.

mod axe;
mod checks;
mod command;
mod lab;
mod native_tests;
mod package;
mod page;
mod program;
mod setup;
mod side_by_side;
mod tally;
mod test_program;
mod wasm_tests;

use anyhow::Result;
use std::{env, ffi::OsString, process::ExitCode};

const HELP: &str = "\
cargo xtask build [--release]   build the page into dist/ and the program with the page inside
cargo xtask build --static      the same as it is shipped: one file for any Linux, target/static/earshot
cargo xtask package             that and Debian's package of it, target/static/earshot.deb; --rehearse tries image and
                                package in bare systems made by debootstrap. Needs cargo-deb, and root for trying
cargo xtask serve [-- FLAGS]    build both, start `earshot serve FLAGS`, and say which address to open
cargo xtask weigh               build the small page and say what it weighs
cargo xtask lab [FLAGS]         the fault lab: --only PART, --core, --pairs, --healthy, --browser NAME, --runs N, --jobs N, --list; --report writes
                                docs/fault-matrix.md. Needs root, for network namespaces
cargo xtask test [--no-skip]    every check that CI runs; --no-skip (or CI=true) fails where a real part is missing

`cargo xtask build --release` makes target/release/earshot.";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[OsString]) -> Result<()> {
    let words: Vec<&str> = arguments
        .iter()
        .skip(1)
        .filter_map(|word| word.to_str())
        .collect();
    match words.as_slice() {
        ["build"] => program::build(program::Profile::Debug).map(drop),
        ["build", "--release"] => program::build(program::Profile::Release).map(drop),
        ["build", "--static"] => program::build_static().map(drop),
        ["package"] => package::build().map(drop),
        ["package", "--rehearse"] => package::rehearse(),
        ["serve"] => program::serve(&[]),
        ["serve", "--", flags @ ..] | ["serve", flags @ ..] => program::serve(flags),
        // Trunk calls this for each build; see Trunk.toml.
        ["trunk"] => page::build_for_trunk(),
        ["weigh"] => page::build(true).and_then(|()| page::weigh()),
        ["lab", flags @ ..] => lab::run_matrix(flags),
        ["test"] => checks::run(env::var_os("CI").is_some()),
        ["test", "--no-skip"] => checks::run(true),
        ["help" | "--help" | "-h"] | [] => {
            println!("{HELP}");
            Ok(())
        }
        other => anyhow::bail!("`{}` is no task of this house.\n\n{HELP}", other.join(" ")),
    }
}
