//! What a visitor of each page loads.

use super::BUNDLES;
use crate::command::root;
use anyhow::{Context, Result, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The folder in which each file is of one language: it is its name's beginning.
const TEXTS: &str = "texts/";

/// What is loaded, by the names in `dist/`.
struct Loaded {
    /// Whatever the language.
    always: BTreeSet<String>,
    /// In each language.
    texts: BTreeMap<String, BTreeSet<String>>,
}

/// Says what a visitor of the small pages in `dist/` loads, and refuses more than the budget of each. A visitor's
/// language is the one that weighs most.
pub(crate) fn weigh() -> Result<()> {
    let dist = root().join("dist");
    let names = files(&dist, &dist)?;
    let mut weights = BTreeMap::new();
    for name in &names {
        let bytes = fs::read(dist.join(name))?;
        let weight = compressed(&bytes)?;
        weights.insert(name.as_str(), weight);
        println!(
            "xtask: {:>9} bytes, {weight:>7} compressed  {name}",
            bytes.len()
        );
    }
    let mut idle: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    for bundle in BUNDLES {
        let read = |name: &str| {
            let bytes = fs::read(dist.join(name)).with_context(|| format!("dist/{name}"))?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let loaded = loaded(bundle.html, &names, read)?;
        let weigh = |names: &BTreeSet<String>| -> usize {
            let weights = names.iter().map(|name| weights[name.as_str()]);
            weights.sum()
        };
        let texts = loaded.texts.values().map(weigh).max().unwrap_or_default();
        let total = weigh(&loaded.always) + texts;
        let html = bundle.html;
        println!(
            "xtask: {html} weighs {:.1} KB compressed, {:.1} KB of them texts; its budget is {} KB",
            total as f64 / 1024.0,
            texts as f64 / 1024.0,
            bundle.budget / 1024
        );
        ensure!(
            total <= bundle.budget,
            "{html} weighs {total} bytes compressed, more than its budget of {}: see what grew by `cargo xtask weigh` \
             before and after",
            bundle.budget
        );
        for name in loaded.texts.values().flatten().chain(&loaded.always) {
            idle.remove(name.as_str());
        }
    }
    ensure!(
        idle.is_empty(),
        "no page loads these files of dist/: {idle:?}"
    );
    Ok(())
}

/// The HTML, what it names, and what the scripts among those name.
fn loaded(html: &str, names: &[String], read: impl Fn(&str) -> Result<String>) -> Result<Loaded> {
    let mut loaded = Loaded {
        always: BTreeSet::from([html.to_owned()]),
        texts: BTreeMap::new(),
    };
    let mut unread = vec![html.to_owned()];
    while let Some(file) = unread.pop() {
        let text = read(&file)?;
        for name in names {
            if !text.contains(&format!("\"/{name}\"")) {
                continue;
            }
            if name.starts_with(TEXTS) {
                let file = name.rsplit('/').next().unwrap_or(name);
                let language = file.split('-').next().unwrap_or(file).to_owned();
                loaded
                    .texts
                    .entry(language)
                    .or_default()
                    .insert(name.clone());
            } else if loaded.always.insert(name.clone()) && name.ends_with(".js") {
                unread.push(name.clone());
            }
        }
    }
    Ok(loaded)
}

fn compressed(bytes: &[u8]) -> Result<usize> {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &parameters)?;
    Ok(packed.len())
}

/// The names of all files below `folder`, as seen from `dist`.
fn files(dist: &Path, folder: &Path) -> Result<Vec<String>> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(files(dist, &path)?);
        } else {
            let name = path.strip_prefix(dist).unwrap_or(&path);
            found.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::loaded;

    /// A page loads what its HTML names, what its scripts name, and of the texts one language.
    #[test]
    fn what_a_page_loads_is_found_by_its_names() {
        let names = [
            "a.js",
            "a.wasm",
            "b.wasm",
            "icon.svg",
            "texts/en-1.txt",
            "texts/link/en-2.txt",
            "texts/ru-3.txt",
        ];
        let names = names.map(str::to_owned);
        let read = |name: &str| {
            Ok(match name {
                "a.html" => r#"<script src="/a.js"></script><link href="/icon.svg">"#.to_owned(),
                "a.js" => r#"const wasm="/a.wasm",texts={"en":["/texts/en-1.txt","/texts/link/en-2.txt"],"ru":["/texts/ru-3.txt"]}"#.to_owned(),
                other => panic!("{other} is no script"),
            })
        };
        let loaded = loaded("a.html", &names, read).expect("all can be read");
        let always: Vec<&str> = loaded.always.iter().map(String::as_str).collect();
        assert_eq!(always, ["a.html", "a.js", "a.wasm", "icon.svg"]);
        assert_eq!(loaded.texts["en"].len(), 2);
        assert_eq!(loaded.texts["ru"].len(), 1);
    }
}
