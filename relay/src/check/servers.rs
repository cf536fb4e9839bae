//! Which servers are checked, with which credentials.

use super::document::{self, Document};
use crate::settings::Secret;
use earshot_report::IceUrl;
use earshot_turn::time_limited_password;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A credential made from the shared secret is good for so long: for a check, and for clocks that differ.
const LIFETIME: Duration = Duration::from_secs(600);

/// One server: an entry of a document, or all URIs of one host.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) urls: Vec<IceUrl>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
}

/// Where the servers come from.
pub(super) enum Source {
    /// The command line.
    Uris { urls: Vec<IceUrl>, login: Login },
    /// A file, or the address of an API.
    Document(Document),
}

/// The credentials of the command line.
pub(super) enum Login {
    None,
    Password {
        username: String,
        password: Secret,
    },
    /// Made from a shared secret whenever they are needed.
    Minted {
        name: String,
        secret: Secret,
    },
}

impl Source {
    /// The servers, with credentials that are good now.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong, with the way out.
    pub(super) async fn servers(&self) -> Result<Vec<Server>, Vec<String>> {
        match self {
            Self::Document(document) => document::fetch(document).await,
            Self::Uris { urls, login } => {
                let (username, password) = login.now();
                let mut servers: Vec<Server> = Vec::new();
                for url in urls {
                    let known = servers
                        .iter_mut()
                        .find(|server| server.urls.iter().any(|other| other.host == url.host));
                    match known {
                        Some(server) => server.urls.push(url.clone()),
                        None => servers.push(Server {
                            urls: vec![url.clone()],
                            username: username.clone(),
                            password: password.clone(),
                        }),
                    }
                }
                Ok(servers)
            }
        }
    }
}

impl Login {
    fn now(&self) -> (Option<String>, Option<Secret>) {
        match self {
            Self::None => (None, None),
            Self::Password { username, password } => {
                (Some(username.clone()), Some(password.clone()))
            }
            Self::Minted { name, secret } => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                let expiry = now.unwrap_or_default() + LIFETIME;
                let username = format!("{}:{name}", expiry.as_secs());
                let password = time_limited_password(secret.expose(), &username);
                (Some(username), Some(Secret::from(password)))
            }
        }
    }
}
