//! What is written beside the code: links lead somewhere, and every cause has its page.

mod links;
mod markdown;
mod troubleshooting;

use std::path::{Path, PathBuf};

/// The repository.
fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_owned()
}

/// A text of the repository.
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
