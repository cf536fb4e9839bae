//! The long-term credential mechanism (RFC 8489 section 9.2), static and time-limited users alike.

use crate::{
    config::Config,
    credentials::{expiry_of, scope_of, time_limited_password},
    event::Refusal,
    integrity::{self, Integrity, Key},
    nonce::{self, Features, Nonces},
    types::{Client, Now},
};
use std::{collections::HashMap, sync::Arc};
use stun_types::{
    attribute::{
        AttributeStaticType, Nonce, PasswordAlgorithm, PasswordAlgorithmValue, PasswordAlgorithms,
        Realm, Userhash, Username,
    },
    message::Message,
};

/// What the challenge offers, the preferred first.
const ALGORITHMS: [PasswordAlgorithmValue; 2] =
    [PasswordAlgorithmValue::SHA256, PasswordAlgorithmValue::MD5];
/// The value of PASSWORD-ALGORITHMS on the wire for [`ALGORITHMS`]: what a request has to echo.
const ALGORITHMS_VALUE: [u8; 8] = [0, 2, 0, 0, 0, 1, 0, 0];

/// Someone whose credentials were right.
pub(crate) struct Identity {
    pub(crate) username: Arc<str>,
    /// The test this credential is for, if it is a scoped one.
    pub(crate) scope: Option<Arc<str>>,
    pub(crate) signer: Signer,
}

/// Protects answers in the way the request was.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) key: Key,
    pub(crate) integrity: Integrity,
}

/// Why a request was not let in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It has no credentials: 401.
    Challenge,
    /// Its credentials cannot be checked: 400.
    Malformed,
    /// Its credentials are wrong (401) or its nonce is stale (438).
    Refused {
        username: Option<String>,
        reason: Refusal,
    },
}

/// Checks credentials. Keeps nothing of what it sees.
pub(crate) struct Authenticator {
    realm: String,
    users: HashMap<String, User>,
    usernames_by_hash: HashMap<[u8; 32], String>,
    secrets: Vec<String>,
    nonces: Nonces,
}

/// A static user's keys, made once.
struct User {
    md5: Key,
    sha256: Key,
}

impl Authenticator {
    pub(crate) fn new(config: &Config) -> Self {
        let credentials = &config.credentials;
        let realm = config.realm.clone();
        let key = |algorithm, (username, password): &(String, String)| {
            Key::long_term(algorithm, username, &realm, password)
        };
        // An empty password or secret is no secret: whoever guesses the user name would be let in.
        let has_password = |user: &&(String, String)| !user.1.is_empty();
        let users = credentials.users.iter().filter(has_password).map(|user| {
            let keys = User {
                md5: key(PasswordAlgorithmValue::MD5, user),
                sha256: key(PasswordAlgorithmValue::SHA256, user),
            };
            (user.0.clone(), keys)
        });
        let hashes = credentials
            .users
            .iter()
            .map(|(username, _)| (Userhash::compute(username, &realm), username.clone()));
        // A time-limited name cannot be found by its hash: clients are told to hash theirs only where there are none.
        let secrets = credentials.secrets.iter();
        let secrets = secrets.filter(|secret| !secret.is_empty());
        let features = Features {
            username_anonymity: secrets.clone().next().is_none(),
        };
        Self {
            users: users.collect(),
            usernames_by_hash: hashes.collect(),
            secrets: secrets.cloned().collect(),
            nonces: Nonces::new(
                &credentials.nonce_key,
                features,
                config.limits.nonce_lifetime,
            ),
            realm,
        }
    }

    /// The REALM of the challenge.
    pub(crate) fn realm(&self) -> &str {
        &self.realm
    }

    /// The NONCE of the challenge.
    pub(crate) fn nonce(&self, now: Now, client: Client) -> String {
        self.nonces.issue(now.monotonic, client.addr)
    }

    /// The PASSWORD-ALGORITHMS of the challenge.
    pub(crate) fn algorithms(&self) -> PasswordAlgorithms {
        PasswordAlgorithms::new(&ALGORITHMS)
    }

    /// The checks of RFC 8489 section 9.2.4, in its order.
    pub(crate) fn check(
        &self,
        now: Now,
        client: Client,
        message: &Message,
    ) -> Result<Identity, Denied> {
        let integrity = integrity::of(message).ok_or(Denied::Challenge)?;
        let nonce = message
            .attribute::<Nonce>()
            .map_err(|_| Denied::Malformed)?;
        message
            .attribute::<Realm>()
            .map_err(|_| Denied::Malformed)?;
        let username = self.username(message)?;
        let algorithm = algorithm(message, &nonce)?;
        let (key, scope) = self
            .key(now, message, &username, algorithm)
            .map_err(|reason| Denied::Refused {
                username: Some(username.clone()),
                reason,
            })?;
        if !self
            .nonces
            .is_fresh(now.monotonic, client.addr, nonce.nonce())
        {
            return Err(Denied::Refused {
                username: Some(username),
                reason: Refusal::StaleNonce,
            });
        }
        Ok(Identity {
            username: username.into(),
            scope,
            signer: Signer { key, integrity },
        })
    }

    fn username(&self, message: &Message) -> Result<String, Denied> {
        if message.has_attribute(Username::TYPE) {
            let username = message.attribute::<Username>();
            return Ok(username
                .map_err(|_| Denied::Malformed)?
                .username()
                .to_owned());
        }
        let hash = message
            .attribute::<Userhash>()
            .map_err(|_| Denied::Malformed)?;
        let username = self.usernames_by_hash.get(hash.hash());
        username.cloned().ok_or(Denied::Refused {
            username: None,
            reason: Refusal::UnknownUser,
        })
    }

    /// The key that fits the message, and the scope of the credential.
    fn key(
        &self,
        now: Now,
        message: &Message,
        username: &str,
        algorithm: PasswordAlgorithmValue,
    ) -> Result<(Key, Option<Arc<str>>), Refusal> {
        if let Some(user) = self.users.get(username) {
            let key = match algorithm {
                PasswordAlgorithmValue::MD5 => &user.md5,
                PasswordAlgorithmValue::SHA256 => &user.sha256,
            };
            return match integrity::verify(message, key) {
                true => Ok((key.clone(), None)),
                false => Err(Refusal::WrongPassword),
            };
        }
        let expiry = expiry_of(username).ok_or(Refusal::UnknownUser)?;
        if self.secrets.is_empty() {
            return Err(Refusal::UnknownUser);
        }
        let key = self
            .secrets
            .iter()
            .map(|secret| {
                let password = time_limited_password(secret, username);
                Key::long_term(algorithm, username, &self.realm, &password)
            })
            .find(|key| integrity::verify(message, key))
            .ok_or(Refusal::WrongPassword)?;
        // Only who knows the password is told that its time is over: a wrong secret is not a matter of time.
        if expiry <= now.unix {
            return Err(Refusal::Expired);
        }
        Ok((key, scope_of(username).map(Arc::from)))
    }
}

/// Which digest makes the key, and the protection against a bid-down: what the challenge offered must have arrived as
/// it was sent (RFC 8489 section 9.2.4, third step).
fn algorithm(message: &Message, nonce: &Nonce) -> Result<PasswordAlgorithmValue, Denied> {
    if !nonce::tells_password_algorithms(nonce.nonce()) {
        return Ok(PasswordAlgorithmValue::MD5);
    }
    let offered = message.raw_attribute(PasswordAlgorithms::TYPE);
    let chosen = message.has_attribute(PasswordAlgorithm::TYPE);
    match (offered, chosen) {
        (None, false) => Ok(PasswordAlgorithmValue::MD5),
        (Some(offered), true) if *offered.value == ALGORITHMS_VALUE => message
            .attribute::<PasswordAlgorithm>()
            .map(|chosen| chosen.algorithm())
            .map_err(|_| Denied::Malformed),
        _ => Err(Denied::Malformed),
    }
}
