//! Bundling the page: WebAssembly, its script, style, icons and texts, into `dist/`.
//!
//! `www/index.html` is a page for Trunk too: the `data-trunk` links are replaced here by what they stand for. Files
//! that may be kept for ever carry a hash of their content in their names.

use crate::{
    command::{cargo, root, run, target_dir},
    setup, slim,
};
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};
use wasm_bindgen_cli_support::Bindgen;

/// The page weighs no more than this, compressed, all in all.
const BUDGET: usize = 150 * 1024;

/// Builds the page. A small one is optimised; the other is built quickly and keeps its names for debugging.
pub(crate) fn build(small: bool) -> Result<()> {
    println!("xtask: building the page");
    let wasm = if small { compile_small() } else { compile() }?;

    let dist = root().join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist).context("dist/ could not be emptied")?;
    }
    fs::create_dir_all(&dist)?;
    let mut output = Bindgen::new()
        .input_path(&wasm)
        .web(true)?
        .omit_default_module_path(true)
        .typescript(false)
        .keep_debug(!small)
        .remove_name_section(small)
        .remove_producers_section(small)
        .generate_output()
        .context("the script around the WebAssembly could not be made")?;
    if small {
        slim::emit(output, &dist)?;
    } else {
        output.emit(&dist)?;
    }

    let script = hashed(&dist, "earshot_web.js")?;
    let wasm = hashed(&dist, "earshot_web_bg.wasm")?;
    let boot = format!(
        "import init from \"/{script}\";\nawait init({{ module_or_path: \"/{wasm}\" }});\n"
    );
    fs::write(dist.join("boot.js"), boot)?;
    let boot = hashed(&dist, "boot.js")?;
    index(&dist, &boot, &script, &wasm)
}

const TARGET: &str = "wasm32-unknown-unknown";

fn compile() -> Result<PathBuf> {
    run(&mut cargo([
        "build",
        "-p",
        "earshot-web",
        "--lib",
        "--target",
        TARGET,
    ]))?;
    Ok(target_dir().join(TARGET).join("debug/earshot_web.wasm"))
}

/// The standard library that comes with the compiler is built for speed, and each place that may panic carries what
/// it would say. A build of its own, in which a panic is a bare trap, takes 15 KB off the compressed page. The
/// compiler offers both under names that are not yet stable: hence its bootstrap mode, with the one version that
/// `rust-toolchain.toml` names, and a folder of its own, because build scripts ask for that mode too.
fn compile_small() -> Result<PathBuf> {
    setup::rust_sources()?;
    let folder = target_dir().join("small-page");
    run(
        cargo(["build", "-p", "earshot-web", "--lib", "--target", TARGET])
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
            .env("CARGO_TARGET_DIR", &folder),
    )?;
    Ok(folder.join(TARGET).join("wasm-release/earshot_web.wasm"))
}

/// Says what a visitor of the small page in `dist/` loads, and refuses more than the budget.
pub(crate) fn weigh() -> Result<()> {
    let dist = root().join("dist");
    let mut total = 0;
    for file in files(&dist)? {
        let bytes = fs::read(&file)?;
        let mut compressed = Vec::new();
        let parameters = brotli::enc::BrotliEncoderParams::default();
        brotli::BrotliCompress(&mut bytes.as_slice(), &mut compressed, &parameters)?;
        total += compressed.len();
        let name = file.strip_prefix(&dist).unwrap_or(&file).display();
        println!(
            "xtask: {:>9} bytes, {:>7} compressed  {name}",
            bytes.len(),
            compressed.len()
        );
    }
    println!(
        "xtask: the page weighs {:.1} KB compressed",
        total as f64 / 1024.0
    );
    ensure!(
        total <= BUDGET,
        "the page weighs {total} bytes compressed, more than its budget of {BUDGET}: see what grew by \
         `cargo xtask weigh` before and after"
    );
    Ok(())
}

/// `index.html`, each link of Trunk's replaced by what it stands for. All addresses are absolute: the page is also
/// shown at `/r/<report>`.
fn index(dist: &Path, boot: &str, script: &str, wasm: &str) -> Result<()> {
    let www = root().join("www");
    let source = fs::read_to_string(www.join("index.html"))?;
    let mut lines = Vec::new();
    for line in source.lines() {
        let Some(kind) =
            attribute(line, "data-trunk rel").or_else(|| attribute(line, "data-trunk-public-url"))
        else {
            if !line.contains("<base ") {
                lines.push(
                    line.replace("src=\"check.js\"", "src=\"/check.js\"")
                        .replace("href=\"icons/", "href=\"/icons/"),
                );
            }
            continue;
        };
        let file = attribute(line, "href").unwrap_or_default();
        match kind {
            "css" => {
                fs::write(
                    dist.join(file),
                    slim::style(&fs::read_to_string(www.join(file))?)?,
                )?;
                lines.push(format!(
                    "<link rel=\"stylesheet\" href=\"/{}\">",
                    hashed(dist, file)?
                ));
            }
            "rust" => {
                lines.push(format!("<link rel=\"modulepreload\" href=\"/{script}\">"));
                lines.push(format!("<link rel=\"preload\" href=\"/{wasm}\" as=\"fetch\" type=\"application/wasm\" crossorigin>"));
                lines.push(format!("<script type=\"module\" src=\"/{boot}\"></script>"));
            }
            "copy-file" => drop(fs::copy(www.join(file), dist.join(file))?),
            "copy-dir" => copy_dir(&www.join(file), &dist.join(file))?,
            other => anyhow::bail!(
                "www/index.html has a data-trunk link of a kind that xtask does not know: {other}"
            ),
        }
    }
    fs::write(dist.join("index.html"), lines.join("\n") + "\n")?;
    Ok(())
}

fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn copy_dir(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_dir(&entry.path(), &target)?,
            false => drop(fs::copy(entry.path(), target)?),
        }
    }
    Ok(())
}

/// Renames a file of `dist` so that its name changes with its content; returns the new name.
fn hashed(dist: &Path, name: &str) -> Result<String> {
    let bytes = fs::read(dist.join(name)).with_context(|| format!("dist/{name}"))?;
    let hash: String = Sha256::digest(&bytes)[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (stem, ending) = name
        .rsplit_once('.')
        .context("a file of the page has no ending")?;
    let named = format!("{stem}-{hash}.{ending}");
    fs::rename(dist.join(name), dist.join(&named))?;
    Ok(named)
}

fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => found.extend(files(&entry.path())?),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    Ok(found)
}
