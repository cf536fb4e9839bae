//! Headers written in place, in front of a payload that is not moved.

use crate::types::{ChannelNumber, PeerAddr};
use std::ops::Range;
use stun_types::{
    message::{Message, MessageClass, MessageHeader, MessageType, MessageWriteMutSlice},
    prelude::{AttributeStaticType, MessageWrite, MessageWriteExt},
};
use turn_types::{
    attribute::{Data, XorPeerAddress},
    message::DATA,
};

/// The header of an attribute, and of ChannelData.
const HEADER: usize = 4;

/// Makes a payload ChannelData (RFC 8656 section 12.4), padded if asked for. `None`: no room in front or behind.
pub(crate) fn channel_data(
    buffer: &mut [u8],
    payload: Range<usize>,
    number: ChannelNumber,
    padded: bool,
) -> Option<Range<usize>> {
    let length = u16::try_from(payload.len()).ok()?;
    let start = payload.start.checked_sub(HEADER)?;
    let end = match padded {
        true => pad(buffer, payload)?,
        false => payload.end,
    };
    let header = &mut buffer[start..start + HEADER];
    header[..2].copy_from_slice(&number.get().to_be_bytes());
    header[2..].copy_from_slice(&length.to_be_bytes());
    Some(start..end)
}

/// Makes a payload a Data indication (RFC 8656 section 11.5). `None`: no room in front or behind.
pub(crate) fn data_indication(
    buffer: &mut [u8],
    payload: Range<usize>,
    peer: PeerAddr,
    transaction: u128,
) -> Option<Range<usize>> {
    let address = if peer.0.is_ipv4() { 12 } else { 24 };
    let start = payload
        .start
        .checked_sub(MessageHeader::LENGTH + address + HEADER)?;
    let length = u16::try_from(payload.len()).ok()?;
    let data = payload.start - HEADER;
    let end = pad(buffer, payload)?;
    let body = u16::try_from(end - start - MessageHeader::LENGTH).ok()?;

    let kind = MessageType::from_class_method(MessageClass::Indication, DATA);
    let front = MessageWriteMutSlice::new(&mut buffer[start..data]);
    let mut message = Message::builder(kind, transaction.into(), front);
    let peer = XorPeerAddress::new(peer.0, transaction.into());
    message.add_attribute(&peer).ok()?;
    message.finish();

    let header = &mut buffer[data..data + HEADER];
    header[..2].copy_from_slice(&u16::from(Data::TYPE).to_be_bytes());
    header[2..].copy_from_slice(&length.to_be_bytes());
    buffer[start + 2..start + 4].copy_from_slice(&body.to_be_bytes());
    Some(start..end)
}

/// Zeroes up to three bytes behind the payload. The end of the padding.
fn pad(buffer: &mut [u8], payload: Range<usize>) -> Option<usize> {
    let end = payload.end + payload.len().next_multiple_of(4) - payload.len();
    buffer.get_mut(payload.end..end)?.fill(0);
    Some(end)
}
