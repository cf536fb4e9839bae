//! As much of the settings as it takes to find the program that runs with them. Nothing is made or opened.

use super::{Problems, Secret, Sources, load::draft};
use crate::data_dir;
use anyhow::Context;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

/// Where the operator's key is kept in the data directory when it was made.
pub(super) const OPERATOR_KEY_FILE: &str = "operator-key";

/// Where the program is, and who may ask it.
#[derive(Debug)]
pub struct Look {
    http: SocketAddr,
    data_dir: PathBuf,
    given_key: Option<Secret>,
}

impl Look {
    /// Reads and checks everything, as the program itself does at its start.
    ///
    /// # Errors
    /// All that is wrong, at once.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let (draft, ..) = draft(sources)?;
        Ok(Self {
            http: draft.settings.http_listen,
            data_dir: draft.settings.data_dir,
            given_key: draft.operator_key.map(Into::into),
        })
    }

    /// Where its page is reached from this machine.
    pub fn http(&self) -> SocketAddr {
        let ip = match self.http.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.http.port())
    }

    /// The operator's key; `None`: it was not given, and none has been made yet.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn operator_key(&self) -> anyhow::Result<Option<Secret>> {
        if let Some(key) = &self.given_key {
            return Ok(Some(key.clone()));
        }
        data_dir::kept(&self.data_dir, OPERATOR_KEY_FILE).context(
            "the operator's key cannot be read: run this as root or as the user that earshot runs as, or give \
             OPERATOR_KEY",
        )
    }

    /// Where the key is.
    pub fn key_place(&self) -> String {
        match &self.given_key {
            Some(_) => "the one that is set by OPERATOR_KEY".to_owned(),
            None => self.data_dir.join(OPERATOR_KEY_FILE).display().to_string(),
        }
    }

    /// What to do where there is none.
    pub fn no_key(&self) -> anyhow::Error {
        anyhow::anyhow!(
            "there is no operator's key at {}: it is made at the first start of `earshot serve`. If earshot runs \
             with other settings, give the same here: EARSHOT_DATA or OPERATOR_KEY",
            self.key_place()
        )
    }
}
