//! What the crate promises, by its public face only: one binary, a module for each promise.

#![allow(clippy::unwrap_used, reason = "all of this is tests, helpers included")]

mod any_facts;
mod any_people;
mod build;
mod candidates;
mod documents;
mod masking;
mod nat;
mod plan;
mod properties;
mod report_form;
mod urls;
mod verdicts;
