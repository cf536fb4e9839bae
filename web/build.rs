//! Makes the texts of www/locales into tables, so that the page reads no JSON to find its words.

use std::{collections::BTreeMap, error::Error, fmt::Write, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let locales = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../www/locales");
    let mut code = String::new();
    for language in ["en", "ru"] {
        let path = locales.join(format!("{language}.json"));
        println!("cargo::rerun-if-changed={}", path.display());
        let source = std::fs::read_to_string(&path)?;
        let texts: BTreeMap<String, String> = serde_json::from_str(&source)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let name = language.to_uppercase();
        writeln!(
            code,
            "static {name}: &[(&str, &str)] = &{:?};",
            texts.iter().collect::<Vec<_>>()
        )?;
    }
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("locales.rs"), code)?;
    Ok(())
}
