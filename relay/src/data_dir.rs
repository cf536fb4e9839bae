//! The directory for what is made and kept: secrets, the own certificate authority, the database.

use crate::settings::Secret;
use anyhow::{Context, bail};
use rand::TryRngCore;
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// 160 random bits: nobody guesses them, and a person can still type them.
const SECRET_BYTES: usize = 20;
/// Nobody but the owner.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// The data directory, there and writable.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

/// Where it is when nobody says: `/var/lib/earshot` for root, else the user's data directory by the XDG rules.
pub fn usual_place(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some("/var/lib/earshot".into());
    }
    let directory = |name: &str| {
        let path = PathBuf::from(environment.get(name)?);
        path.is_absolute().then_some(path)
    };
    directory("XDG_DATA_HOME")
        .or_else(|| directory("HOME").map(|home| home.join(".local/share")))
        .map(|base| base.join("earshot"))
}

impl DataDir {
    /// Opens it, and makes it where it is missing.
    ///
    /// # Errors
    /// It cannot be made, or is no directory.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        if !path.is_dir() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(DIRECTORY_MODE)
                .create(path)
                .with_context(|| {
                    format!(
                        "the data directory {} cannot be made: name another one, or make it writable for this user",
                        path.display()
                    )
                })?;
        }
        Ok(Self(path.to_owned()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The secret of that name, and the file it is kept in. A strong one is made the first time.
    ///
    /// # Errors
    /// It cannot be read or written, or is empty.
    pub fn secret(&self, name: &str) -> anyhow::Result<(Secret, PathBuf)> {
        let text = self.keep(name, || {
            let mut bytes = [0; SECRET_BYTES];
            rand::rngs::OsRng.try_fill_bytes(&mut bytes)?;
            Ok(base32(&bytes) + "\n")
        })?;
        Ok((text.trim().to_owned().into(), self.0.join(name)))
    }

    /// The file of that name as only its owner may read it, made by `make` the first time. Whoever comes second of
    /// two programs that start at once gets what the first one made.
    ///
    /// # Errors
    /// It cannot be read or written, or is empty.
    pub fn keep(
        &self,
        name: &str,
        make: impl FnOnce() -> anyhow::Result<String>,
    ) -> anyhow::Result<String> {
        let path = self.0.join(name);
        if let Some(text) = read(&path)? {
            return Ok(text);
        }
        let text = make()?;
        match self.write_new(&path, &text) {
            Ok(()) => Ok(text),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(&path)?
                .with_context(|| format!("{} came and went while it was read", path.display())),
            Err(error) => Err(error).with_context(|| {
                format!(
                    "{} cannot be written: make the data directory writable for this user, or name another one",
                    path.display()
                )
            }),
        }
    }

    /// All of the file or nothing, and never over another one.
    fn write_new(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut random = [0; 8];
        rand::rngs::OsRng
            .try_fill_bytes(&mut random)
            .map_err(io::Error::other)?;
        let draft = self.0.join(format!(".new-{}", base32(&random)));
        let written = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(&draft)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::hard_link(&draft, path));
        // A draft that stays behind harms nobody; what counts is whether the file is there.
        let _ = fs::remove_file(&draft);
        written?;
        fs::File::open(&self.0)?.sync_all()
    }
}

/// The secret of that name in this directory, if it was ever made. Nothing is made.
///
/// # Errors
/// It cannot be read, or is empty.
pub fn kept(directory: &Path, name: &str) -> anyhow::Result<Option<Secret>> {
    let text = read(&directory.join(name))?;
    Ok(text.map(|text| text.trim().to_owned().into()))
}

fn read(path: &Path) -> anyhow::Result<Option<String>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| {
                format!(
                    "{} cannot be read: give it to this user, or name another data directory",
                    path.display()
                )
            });
        }
    };
    if text.trim().is_empty() {
        bail!(
            "{} is empty: remove it, and a new one is made",
            path.display()
        );
    }
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(FILE_MODE)).with_context(|| {
            format!(
                "{} can be read by other users, and that cannot be mended: chmod 600 it",
                path.display()
            )
        })?;
    }
    Ok(Some(text))
}

/// Lower-case letters and digits without those that look alike.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let (mut text, mut bits, mut count) = (String::new(), 0u32, 0);
    for &byte in bytes {
        bits = bits << 8 | u32::from(byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(ALPHABET[(bits >> count) as usize & 31]));
        }
        bits &= (1 << count) - 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn open(place: &tempfile::TempDir) -> DataDir {
        DataDir::open(&place.path().join("data")).unwrap()
    }

    #[test]
    fn only_the_owner_may_look() {
        let place = tempfile::tempdir().unwrap();
        let directory = open(&place);
        let (secret, path) = directory.secret("s").unwrap();
        assert_eq!(mode(directory.path()), 0o700);
        assert_eq!(mode(&path), 0o600);
        assert_eq!(secret.expose().len(), SECRET_BYTES * 8 / 5);
        // Only the secret stays behind: no draft of it.
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_secret_that_others_may_read_is_closed_again() {
        let place = tempfile::tempdir().unwrap();
        let directory = open(&place);
        let (secret, path) = directory.secret("s").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(directory.secret("s").unwrap().0, secret);
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn an_empty_or_unreadable_secret_is_told_of_and_not_replaced() {
        let place = tempfile::tempdir().unwrap();
        let directory = open(&place);
        let path = directory.path().join("s");
        fs::write(&path, "\n").unwrap();
        let error = format!("{:#}", directory.secret("s").unwrap_err());
        assert!(error.contains("is empty: remove it"), "{error}");
        fs::write(&path, [0xFF, 0xFE]).unwrap();
        let error = format!("{:#}", directory.secret("s").unwrap_err());
        assert!(error.contains("cannot be read"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), [0xFF, 0xFE]);
    }

    #[test]
    fn two_programs_that_start_at_once_keep_one_secret() {
        let place = tempfile::tempdir().unwrap();
        let directory = open(&place);
        let secrets: Vec<Secret> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| directory.secret("s").unwrap().0))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(secrets.iter().all(|secret| *secret == secrets[0]));
    }
}
