//! From the page's crate to WebAssembly and the script around it.

use super::slim;
use crate::{
    command::{cargo, run, target_dir},
    setup,
};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

/// What a browser is given of one binary.
pub(super) struct Compiled {
    pub(super) script: String,
    pub(super) wasm: Vec<u8>,
}

/// Compiles a binary of the page with these features of its crate alone; returns the folder it lies in.
pub(super) fn compile(small: bool, binary: &str, features: &str) -> Result<PathBuf> {
    let mut command = cargo(["build", "-p", "earshot-web", "--target", TARGET]);
    command.args([
        "--bin",
        binary,
        "--no-default-features",
        "--features",
        features,
    ]);
    if !small {
        run(&mut command)?;
        return Ok(target_dir().join(TARGET).join("debug"));
    }
    // The standard library that comes with the compiler is built for speed, and each place that may panic carries what
    // it would say. A build of its own, in which a panic is a bare trap, takes 15 KB off the compressed page. The
    // compiler offers both under names that are not yet stable: hence its bootstrap mode, with the one version that
    // `rust-toolchain.toml` names, and a folder of its own, because build scripts ask for that mode too.
    setup::rust_sources()?;
    let folder = target_dir().join("small-page");
    run(command
        .args(["--profile", "wasm-release"])
        .args([
            "-Zbuild-std=std,panic_abort",
            "-Zbuild-std-features=optimize_for_size",
        ])
        .env("RUSTC_BOOTSTRAP", "1")
        .env(
            "RUSTFLAGS",
            "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none",
        )
        .env("CARGO_TARGET_DIR", &folder))?;
    Ok(folder.join(TARGET).join("wasm-release"))
}

/// Makes the script around one of the compiled binaries.
pub(super) fn bind(compiled: &Path, binary: &str, small: bool) -> Result<Compiled> {
    let mut output = Bindgen::new()
        .input_path(compiled.join(format!("{binary}.wasm")))
        .web(true)?
        .omit_default_module_path(true)
        .typescript(false)
        .keep_debug(!small)
        .remove_name_section(small)
        .remove_producers_section(small)
        .generate_output()
        .context("the script around the WebAssembly could not be made")?;
    let mut snippets = output.snippets().values();
    ensure!(
        snippets.all(Vec::is_empty) && output.local_modules().is_empty(),
        "the WebAssembly brings scripts of its own, and nobody writes them into dist/"
    );
    let imports = small.then(|| slim::shorten(&mut output));
    let script = output.js().to_owned();
    let script = match imports {
        Some(imports) => slim::script(&slim::with_names(&script, &imports)?),
        None => script,
    };
    let wasm = output.wasm_mut().emit_wasm();
    Ok(Compiled { script, wasm })
}
