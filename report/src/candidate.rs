//! Parsing and classifying candidates.
