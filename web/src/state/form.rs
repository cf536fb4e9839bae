//! The form for another server: what was typed, and what is wrong with it.

use earshot_report::{IceUrl, Scheme, api::IceServer, ice_url::IceUrlError};
use std::fmt;

/// More URLs than this are not tested at once: each costs several connections.
pub const MAX_URLS: usize = 6;

/// What was typed. Its `Debug` does not show the password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// One URL or several, between them white space or commas.
    pub urls: String,
    /// For TURN.
    pub username: String,
    /// For TURN. Goes to the server under test, nowhere else.
    pub password: String,
    /// What is wrong, once it was submitted.
    pub errors: Vec<FormError>,
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form")
            .field("urls", &self.urls)
            .field("username", &self.username)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

/// One thing that is wrong with what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormError {
    /// No URL.
    NoUrl,
    /// More than [`MAX_URLS`].
    TooManyUrls,
    /// Not a STUN or TURN URL.
    Url(IceUrlError),
    /// TURN without a user name: browsers refuse to begin.
    NoUsername,
    /// TURN without a password: browsers refuse to begin.
    NoPassword,
}

impl FormError {
    /// It is about the URLs, not about user name or password.
    pub fn is_about_urls(&self) -> bool {
        matches!(self, Self::NoUrl | Self::TooManyUrls | Self::Url(_))
    }
}

impl Form {
    pub(super) fn type_urls(&mut self, text: String) {
        self.urls = text;
        self.errors.retain(|error| !error.is_about_urls());
    }

    pub(super) fn type_username(&mut self, text: String) {
        self.username = text;
        self.errors.retain(|error| *error != FormError::NoUsername);
    }

    pub(super) fn type_password(&mut self, text: String) {
        self.password = text;
        self.errors.retain(|error| *error != FormError::NoPassword);
    }

    /// Whether it can be tested; if not, [`Form::errors`] says why.
    pub(super) fn check(&mut self) -> bool {
        self.errors = self.servers().err().unwrap_or_default();
        self.errors.is_empty()
    }

    /// The server that was typed, or everything that is wrong with it.
    pub fn servers(&self) -> Result<Vec<IceServer>, Vec<FormError>> {
        let mut urls: Vec<IceUrl> = Vec::new();
        let mut errors = Vec::new();
        let words = self.urls.split(|c: char| c.is_whitespace() || c == ',');
        for word in words.filter(|word| !word.is_empty()) {
            match word.parse::<IceUrl>() {
                Ok(url) if urls.contains(&url) => {}
                Ok(url) => urls.push(url),
                Err(error) => errors.push(FormError::Url(error)),
            }
        }
        if urls.is_empty() && errors.is_empty() {
            errors.push(FormError::NoUrl);
        }
        if urls.len() > MAX_URLS {
            errors.push(FormError::TooManyUrls);
        }
        let relays = urls.iter().any(|url| url.scheme == Scheme::Turn);
        let username = self.username.trim();
        if relays && username.is_empty() {
            errors.push(FormError::NoUsername);
        }
        if relays && self.password.is_empty() {
            errors.push(FormError::NoPassword);
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(vec![IceServer {
            urls: urls.iter().map(IceUrl::to_string).collect(),
            username: relays.then(|| username.to_owned()),
            credential: relays.then(|| self.password.clone()),
        }])
    }
}
