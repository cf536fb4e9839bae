//! What STUN is without TURN: a message's extent, and a server for Binding alone (RFC 8489 section 12).

use crate::reply;
use std::{net::SocketAddr, ops::Range};
use stun_types::message::{BINDING, Message, MessageClass, MessageHeader};

/// Requests longer than this are nobody's honest ones. Indications carry data and may be longer.
pub(crate) const LONGEST_REQUEST: usize = 4096;

/// The answer to a datagram at a STUN-only port. `None`: it is not a Binding request, and is not answered.
pub fn answer_binding(packet: &[u8], source: SocketAddr) -> Option<Vec<u8>> {
    let range = whole_message(packet, 0..packet.len())?;
    if range.len() > LONGEST_REQUEST {
        return None;
    }
    let message = Message::from_bytes(&packet[range]).ok()?;
    if !message.has_class(MessageClass::Request) || !message.has_method(BINDING) {
        return None;
    }
    Some(reply::binding_answer(&message, source))
}

/// Whether a packet is a Binding request by its header: what a connectivity check is (RFC 8445 section 2.2).
pub(crate) fn is_binding_request(packet: &[u8]) -> bool {
    MessageHeader::from_bytes(packet).is_ok_and(|header| {
        let kind = header.get_type();
        kind.has_class(MessageClass::Request) && kind.has_method(BINDING)
    })
}

/// The range of the message itself, without what may follow it in the datagram.
pub(crate) fn whole_message(buffer: &[u8], packet: Range<usize>) -> Option<Range<usize>> {
    let bytes = buffer.get(packet.clone())?;
    let header = bytes.first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let end = packet.start + MessageHeader::LENGTH + length;
    (end <= packet.end).then_some(packet.start..end)
}
