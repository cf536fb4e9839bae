//! The rules, one function each.

mod access;
mod addresses;
mod admin;
mod limits;
mod listening;
mod passwords;
mod peers;
mod ports;
mod tls;
mod writing;

use super::{Around, Conf, Finding, fault, note, options, read, warning};

/// One rule.
pub(super) type Rule = fn(&Conf, &Around<'_>, &mut Vec<Finding>);

/// All of them; within one severity what they find is told in this order.
pub(super) const ALL: &[Rule] = &[
    access::contradiction,
    access::anonymous,
    access::realm,
    access::secret_and_users,
    access::nobody,
    passwords::users_are_written_right,
    passwords::published,
    passwords::weak,
    writing::long_lines,
    writing::comments_and_marks,
    writing::neither_yes_nor_no,
    writing::left_to_fill_in,
    writing::unknown,
    writing::twice,
    listening::nothing_listens,
    listening::nothing_relays,
    listening::this_machine_only,
    addresses::external_ip,
    addresses::second_external_ip,
    addresses::all_zero,
    addresses::behind_nat,
    ports::range,
    ports::numbers,
    ports::overlap,
    peers::ranges,
    peers::own_address_denied,
    peers::loopback,
    peers::private_allowed,
    peers::private_not_denied,
    peers::from_anybody,
    tls::off,
    tls::certificate,
    tls::client_certificates,
    limits::bandwidth,
    limits::quotas,
    limits::lifetimes,
    admin::console,
    admin::web_page,
    admin::figures,
    admin::good_habits,
];
