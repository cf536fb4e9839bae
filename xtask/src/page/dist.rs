//! The folder of the page that is built.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// `dist/`, while it is filled.
pub(super) struct Dist {
    folder: PathBuf,
    /// Each file that may be kept for ever: the address its source has in `www/`, and the address that it is given.
    hashed: Vec<(String, String)>,
}

impl Dist {
    /// The folder with nothing in it.
    pub(super) fn empty(folder: PathBuf) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder).context("dist/ could not be emptied")?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            hashed: Vec::new(),
        })
    }

    /// Writes a file of this name.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, content).with_context(|| format!("dist/{name}"))
    }

    /// Writes a file under a name that changes with its content; returns its address. All addresses are absolute: a
    /// page is also shown at `/r/<report>`.
    pub(super) fn write_hashed(&mut self, name: &str, content: &[u8]) -> Result<String> {
        let hash: String = Sha256::digest(content)[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let (stem, ending) = name
            .rsplit_once('.')
            .context("a file of the page has no ending")?;
        let named = format!("{stem}-{hash}.{ending}");
        self.write(&named, content)?;
        let address = format!("/{named}");
        self.hashed.push((format!("/{name}"), address.clone()));
        Ok(address)
    }

    /// Copies a folder of `www` with all that is in it.
    pub(super) fn copy_dir(&self, www: &Path, name: &str) -> Result<()> {
        for entry in fs::read_dir(www.join(name)).with_context(|| format!("www/{name}"))? {
            let entry = entry?;
            let inner = format!("{name}/{}", entry.file_name().to_string_lossy());
            match entry.file_type()?.is_dir() {
                true => self.copy_dir(www, &inner)?,
                false => self.write(&inner, &fs::read(entry.path())?)?,
            }
        }
        Ok(())
    }

    /// HTML whose links lead to the files written so far.
    pub(super) fn with_hashed_names(&self, html: &str) -> String {
        let mut html = html.to_owned();
        for (source, address) in &self.hashed {
            html = html.replace(&format!("\"{source}\""), &format!("\"{address}\""));
        }
        html
    }
}
