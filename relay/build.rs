//! Puts the page and the pages about each cause into the program: each file of the page as it is, and compressed; what
//! is said of the causes as it is written, in `docs/troubleshooting/`.
//!
//! The page is taken from the folder `EARSHOT_DIST`, or from `dist/` at the root of the repository. Where neither has
//! an `index.html`, a small page that says how to build the real one is put in instead.

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

/// Compressing smaller files saves less than their headers cost.
const WORTH_COMPRESSING: usize = 512;

const NOT_BUILT: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Earshot</title>
<h1>The page is not built</h1>
<p>This program was built without its page. Build both with <code>cargo xtask build</code>, or build and start them
with <code>cargo xtask serve</code>.</p>
<p>The relay and the API work all the same.</p>
</html>
"#;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-env-changed=EARSHOT_DIST");
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let is_release = env::var("PROFILE")? == "release";
    let mut files = Vec::new();
    if let Some(dist) = dist()? {
        println!("cargo:rerun-if-changed={}", dist.display());
        collect(&dist, &dist, &mut files)?;
    }
    if !files.iter().any(|(path, _)| path == "index.html") {
        files = vec![("index.html".to_owned(), NOT_BUILT.as_bytes().to_vec())];
    }
    files.push(("help.css".to_owned(), help_style()?));
    fs::write(out.join("help.rs"), troubleshooting()?)?;
    files.sort();
    let mut table = String::from("pub(super) static FILES: &[File] = &[\n");
    for (nth, (path, bytes)) in files.iter().enumerate() {
        let hash = Sha256::digest(bytes);
        let hash: String = hash[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let write = |ending: &str, bytes: &[u8]| -> Result<String, Box<dyn Error>> {
            let name = format!("page-{nth}{ending}");
            fs::write(out.join(&name), bytes)?;
            Ok(format!(
                "include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\"))"
            ))
        };
        let plain = write("", bytes)?;
        let (mut br, mut gz) = ("None".to_owned(), "None".to_owned());
        if bytes.len() >= WORTH_COMPRESSING && is_text(path) {
            br = format!("Some({})", write(".br", &brotli(bytes, is_release)?)?);
            gz = format!("Some({})", write(".gz", &gzip(bytes, is_release)?)?);
        }
        writeln!(
            table,
            "    File {{ path: {path:?}, content_type: {:?}, etag: {:?}, immutable: {}, plain: {plain}, brotli: {br}, gzip: {gz} }},",
            content_type(path),
            format!("W/\"{hash}\""),
            has_hash(path),
        )?;
    }
    table.push_str("];\n");
    fs::write(out.join("page.rs"), table)?;
    Ok(())
}

/// The folder of the built page, if there is to be one.
fn dist() -> Result<Option<PathBuf>, Box<dyn Error>> {
    if let Some(given) = env::var_os("EARSHOT_DIST").filter(|given| !given.is_empty()) {
        let given = PathBuf::from(given);
        if !given.join("index.html").is_file() {
            return Err(format!(
                "EARSHOT_DIST: there is no index.html in {}: build the page first, with `cargo xtask build`",
                given.display()
            )
            .into());
        }
        return Ok(Some(given));
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../dist");
    // A path that is missing would have Cargo run this script, and build the program, each time anew.
    if !root.exists() && fs::create_dir(&root).is_err() {
        return Ok(None);
    }
    Ok(Some(root))
}

/// The pages about the causes look like the page itself.
fn help_style() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut style = Vec::new();
    for path in ["../www/style.css", "src/site/help/help.css"] {
        println!("cargo:rerun-if-changed={path}");
        style.extend(fs::read(path).map_err(|error| format!("{path}: {error}"))?);
    }
    Ok(style)
}

/// A table of what is written about the causes: the language, the name of the file, the text.
fn troubleshooting() -> Result<String, Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../docs/troubleshooting");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &root, &mut files).map_err(|error| {
        format!(
            "the pages about the causes are not there, {}: {error}",
            root.display()
        )
    })?;
    files.sort();
    let mut table = String::from("static TEXTS: &[(&str, &str, &str)] = &[\n");
    for (path, text) in &files {
        let named = path.strip_suffix(".md").and_then(|it| it.split_once('/'));
        if let Some((language, name)) = named {
            let text = std::str::from_utf8(text)?;
            writeln!(table, "    ({language:?}, {name:?}, {text:?}),")?;
        }
    }
    table.push_str("];\n");
    Ok(table)
}

fn collect(
    root: &Path,
    folder: &Path,
    files: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
        // Drafts and hidden files are none of the page.
        if name.split('/').any(|part| part.starts_with('.')) {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            files.push((name, fs::read(&path)?));
        }
    }
    Ok(())
}

fn brotli(bytes: &[u8], is_release: bool) -> Result<Vec<u8>, Box<dyn Error>> {
    let parameters = BrotliEncoderParams {
        // The best takes seconds for a wasm file: too long for each debug build.
        quality: if is_release { 11 } else { 5 },
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(bytes: &[u8], is_release: bool) -> Result<Vec<u8>, Box<dyn Error>> {
    let level = if is_release { 9 } else { 6 };
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn content_type(path: &str) -> &'static str {
    match ending(path) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Pictures and fonts are compressed already.
fn is_text(path: &str) -> bool {
    !matches!(ending(path), "png" | "webp" | "woff2")
}

/// `name-0123456789abcdef.ext` or `name-0123456789abcdef_bg.wasm`: another content has another name.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((_, rest)) = name.rsplit_once('-') else {
        return false;
    };
    let hash = rest.split(['.', '_']).next().unwrap_or_default();
    hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}
