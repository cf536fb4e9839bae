//! Values that have a name on the command line and in the lab's table of cases.

/// No value has this name.
#[derive(Debug, thiserror::Error)]
#[error("“{given}” is none of: {known}")]
pub struct UnknownName {
    given: String,
    known: String,
}

impl UnknownName {
    pub(super) fn new<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            given: given.to_owned(),
            known: known.into_iter().collect::<Vec<_>>().join(", "),
        }
    }
}

/// Gives a type `ALL`, `Display` and `FromStr` by one table of values and names.
macro_rules! named {
    ($type:ident { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::lab::net::names::UnknownName;

            fn from_str(given: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.name() == given)
                    .ok_or_else(|| {
                        $crate::lab::net::names::UnknownName::new(given, Self::ALL.iter().map(|value| value.name()))
                    })
            }
        }
    };
}
pub(super) use named;
