//! Runs tests that are compiled to WebAssembly, in a browser: cargo's runner for that target (docs/ci.md).
//!
//! It is wasm-bindgen's own, built from the source of the very version that the page is built with. A package by itself,
//! for it takes half a minute to compile, and whoever only wants to see the page does not need it.

use std::{env, process::ExitCode};

fn main() -> ExitCode {
    match wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasm-bindgen-test-runner: {error:#}");
            ExitCode::FAILURE
        }
    }
}
