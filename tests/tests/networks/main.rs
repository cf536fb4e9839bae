//! The lab's networks do what they say.
#![cfg(target_os = "linux")]
use earshot_tests::lab::net::*;
#[test]
fn a() {
    let n = Network::real(&Layout {
        nat: Nat::Cgnat,
        families: Families::Dual,
        second_user: true,
        delay: Some(Delay {
            milliseconds: 20,
            jitter: 5,
        }),
        ..Layout::default()
    })
    .unwrap();
    for ns in [n.user(), n.router(), n.relay(), n.internet()] {
        println!("{}", String::from_utf8_lossy(&ns.command("sh").args(["-c", "ip -br a; ip r; ip -6 r; ping -c 2 -i 0.2 45.80.30.2; ping -c1 2a0e:b100:30::2;getent ahosts relay.test.example; getent hosts nope.example; cat /etc/resolv.conf"]).output().unwrap().stdout));
    }
}
