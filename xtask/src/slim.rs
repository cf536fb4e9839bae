//! What a small page is spared: the long names by which WebAssembly and script know each other, and everything in
//! script and style that is there for people.

use anyhow::{Context, Result, anyhow, ensure};
use std::{collections::BTreeMap, fs, path::Path};
use wasm_bindgen_cli_support::Output;

/// Writes what the bundler made, made small, into `dist`. Each function that the script lends to the WebAssembly is
/// named with a checksum, in both files: no compression can do anything about two hundred of those.
pub(crate) fn emit(mut output: Output, dist: &Path) -> Result<()> {
    let mut short = BTreeMap::new();
    for (place, import) in output.wasm_mut().imports.iter_mut().enumerate() {
        let name = format!("_{place:x}");
        short.insert(std::mem::replace(&mut import.name, name.clone()), name);
    }
    output.emit(dist)?;

    let path = dist.join("earshot_web.js");
    let script = fs::read_to_string(&path).context("the script around the WebAssembly")?;
    let script = with_names(&script, &short)?;
    fs::write(&path, minifier::js::minify(&script).to_string())?;
    Ok(())
}

/// The script, giving every import by its short name.
fn with_names(script: &str, short: &BTreeMap<String, String>) -> Result<String> {
    let mut lines = Vec::new();
    let mut given = 0;
    for line in script.lines() {
        // `        __wbg_open_0123456789abcdef: function(arg0) {`
        let renamed = line.split_once(':').and_then(|(name, rest)| {
            let short = short.get(name.trim())?;
            Some(format!("{short}:{rest}"))
        });
        given += usize::from(renamed.is_some());
        lines.push(renamed.unwrap_or_else(|| line.to_owned()));
    }
    ensure!(
        given == short.len(),
        "the bundler writes its script in another way now: of {} names, {given} were found at the beginning of a line",
        short.len()
    );
    Ok(lines.join("\n"))
}

/// A style sheet without comments and indentation.
pub(crate) fn style(sheet: &str) -> Result<String> {
    let sheet = minifier::css::minify(sheet);
    Ok(sheet
        .map_err(|error| anyhow!("www/style.css: {error}"))?
        .to_string())
}

#[cfg(test)]
mod tests {
    use super::with_names;
    use std::collections::BTreeMap;

    fn short() -> BTreeMap<String, String> {
        BTreeMap::from([("__wbg_open_0123".to_owned(), "_0".to_owned())])
    }

    #[test]
    fn an_import_is_given_by_its_short_name() {
        let script = "    const import0 = {\n        __wbg_open_0123: function(arg0) {\n            return arg0;";
        let named = with_names(script, &short()).expect("it is there");
        assert!(named.contains("{\n_0: function(arg0) {\n"), "{named}");
    }

    #[test]
    fn an_import_that_is_not_given_ends_the_build() {
        let error = with_names("__wbg_close_0123: function() {", &short()).expect_err("no open");
        assert!(
            error.to_string().contains("of 1 names, 0 were found"),
            "{error}"
        );
    }
}
