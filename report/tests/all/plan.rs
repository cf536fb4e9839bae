//! The plan as data: printed, it is one probe a line.

use crate::build::plan;

#[test]
fn a_plan_is_printed_one_probe_a_line() {
    let plan = plan(
        &[
            &["turn:a.example.org:3478", "turns:a.example.org:443"],
            &["stun:b.example.org:3478"],
        ],
        Some(0),
    );
    assert_eq!(
        plan.to_string(),
        "\
gather turn:a.example.org:3478?transport=udp
gather turns:a.example.org:443?transport=tcp
gather stun:b.example.org:3478
wrong password turn:a.example.org:3478?transport=udp
NAT mapping stun:relay.example.org:3478 stun:relay.example.org:3479
relay ↔ relay turn:a.example.org:3478?transport=udp
relay ↔ relay turns:a.example.org:443?transport=tcp
relay ↔ direct turn:a.example.org:3478?transport=udp by stun:relay.example.org:3478
relay ↔ direct turns:a.example.org:443?transport=tcp by stun:relay.example.org:3478
relay → witness turn:a.example.org:3478?transport=udp
relay → witness turns:a.example.org:443?transport=tcp
"
    );
}

#[test]
fn equal_circumstances_make_equal_plans() {
    let urls: [&str; 1] = ["turn:a.example.org"];
    assert_eq!(plan(&[&urls], None), plan(&[&urls], None));
    assert_ne!(plan(&[&urls], None), plan(&[&urls], Some(0)));
}
