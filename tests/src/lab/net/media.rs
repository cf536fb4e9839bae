//! Telling the media of a call from its STUN, as a firewall that looks into packets does.
//!
//! RFC 7983 tells them by the first byte of a datagram: 0–3 is STUN, 20–63 DTLS, 64–79 a TURN channel, 128–191 RTP and
//! RTCP. Through TURN over UDP (RFC 8656) the datagram lies after the four bytes of ChannelData, or in the DATA
//! attribute of a Send or Data indication.

/// The first bytes of RTP and RTCP, version 2.
pub(super) const RTP: &str = "128-191";
/// The content types of DTLS.
pub(super) const DTLS: &str = "20-63";

/// A Send or a Data indication.
const INDICATION: &str = "@th,64,16 { 0x0016, 0x0017 }";

/// Where a datagram can lie within UDP, as a condition and the bit at which it begins. A UDP header has 64 bits, a
/// STUN header 160, XOR-PEER-ADDRESS (0x0012) 96 or, for IPv6, 192, and the head of DATA (0x0013) 32.
const WRAPPINGS: [(&str, &str, u16); 5] = [
    ("by itself", "", 64),
    ("in ChannelData", "@th,64,8 64-79", 96),
    (
        "in an indication, after an IPv4 peer",
        "@th,224,32 0x00120008 @th,320,16 0x0013",
        352,
    ),
    (
        "in an indication, after an IPv6 peer",
        "@th,224,32 0x00120014 @th,416,16 0x0013",
        448,
    ),
    (
        "in an indication, before the peer",
        "@th,224,16 0x0013",
        256,
    ),
];

/// Rules that drop datagrams with such a first byte, where this condition holds.
pub(super) fn dropped(condition: &str, first_byte: &str) -> String {
    matched(condition, first_byte, "drop")
}

/// Rules with this verdict on such datagrams.
pub(super) fn matched(condition: &str, first_byte: &str, verdict: &str) -> String {
    let rule = |(name, wrapping, bit): (&str, &str, u16)| {
        let indication = if name.starts_with("in an indication") {
            INDICATION
        } else {
            ""
        };
        format!(
            "# {name}\n{condition} meta l4proto udp {indication} {wrapping} @th,{bit},8 {first_byte} {verdict}\n"
        )
    };
    WRAPPINGS.map(rule).concat()
}
