//! What a small page is spared: the long names by which WebAssembly and script know each other, and everything in
//! script and style that is there for people.

use anyhow::{Result, anyhow, ensure};
use std::collections::BTreeMap;
use wasm_bindgen_cli_support::Output;

/// Gives every function that the script lends to the WebAssembly a short name; returns those by the names they had.
/// Each is named with a checksum, in both files: no compression can do anything about two hundred of those.
pub(super) fn shorten(output: &mut Output) -> BTreeMap<String, String> {
    let mut short = BTreeMap::new();
    for (place, import) in output.wasm_mut().imports.iter_mut().enumerate() {
        let name = format!("_{place:x}");
        short.insert(std::mem::replace(&mut import.name, name.clone()), name);
    }
    short
}

/// The script, giving every import by its short name.
pub(super) fn with_names(script: &str, short: &BTreeMap<String, String>) -> Result<String> {
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

/// A script without comments and indentation.
pub(super) fn script(script: &str) -> String {
    minifier::js::minify(script).to_string()
}

/// Stands for a plus with the spaces around it: without them no browser reads a sum in `clamp()`, and the minifier takes
/// them away. A letter of nobody's.
const SPACED_PLUS: &str = "\u{e000}";

/// A style sheet without comments and indentation.
pub(super) fn style(sheet: &str) -> Result<String> {
    let sheet = sheet.replace(" + ", SPACED_PLUS);
    let small = minifier::css::minify(&sheet);
    let small = small.map_err(|error| anyhow!("a style sheet of www: {error}"))?;
    Ok(small.to_string().replace(SPACED_PLUS, " + "))
}

#[cfg(test)]
mod tests {
    use super::{style, with_names};
    use std::collections::BTreeMap;

    fn short() -> BTreeMap<String, String> {
        BTreeMap::from([("__wbg_open_0123".to_owned(), "_0".to_owned())])
    }

    /// CSS Values 4, section 10.1: `+` and `-` stand between spaces in a sum.
    #[test]
    fn a_sum_keeps_its_spaces() {
        let small = style("h1 {\n  font-size: clamp(1rem, 2rem + 1vw, 3rem - 1px);\n}\n");
        let small = small.expect("it is CSS");
        assert!(
            small.contains("2rem + 1vw") && small.contains("3rem - 1px"),
            "{small}"
        );
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
