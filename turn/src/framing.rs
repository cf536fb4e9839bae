//! Finds the messages in a byte stream (RFC 8489 section 6.2.2, RFC 8656 section 12.5). Pure: bytes in, ranges out.

use std::ops::Range;

/// The longest message there can be: a header and 65,535 bytes, padded.
pub const LONGEST_MESSAGE: usize = 65_535 + 20 + 1;

/// What the first bytes of a buffer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Not yet a whole message. So many bytes must be in the buffer before asking again is of any use.
    More(usize),
    /// A whole message, to be handed in as `message`; then the first `consumed` bytes (padding included) are done with.
    Message {
        /// STUN header and body, or ChannelData header and data.
        message: Range<usize>,
        /// Where the next message begins.
        consumed: usize,
    },
    /// This is neither STUN nor ChannelData: the stream cannot be made sense of again. Disconnect.
    Invalid,
}

/// Looks at the beginning of what has arrived and is not consumed yet.
///
/// The buffer need never hold more than [`LONGEST_MESSAGE`] bytes. A port that serves other protocols too has to tell
/// them apart by a stream's first byte: a client begins with STUN, below 0x40, but the G of GET is that of a channel.
pub fn next_frame(buffer: &[u8]) -> Frame {
    let Some(&first) = buffer.first() else {
        return Frame::More(4);
    };
    let is_stun = first & 0b1100_0000 == 0;
    // Channel numbers from 0x8000 on were never a client's to choose (RFC 5766 section 11).
    let is_channel = (0x40..=0x7F).contains(&first);
    if !is_stun && !is_channel {
        return Frame::Invalid;
    }
    if buffer.len() < 4 {
        return Frame::More(4);
    }
    let length = usize::from(u16::from_be_bytes([buffer[2], buffer[3]]));
    if is_channel {
        let end = 4 + length;
        return whole(buffer, end, end.next_multiple_of(4));
    }
    // STUN attributes are padded, so that the length is a multiple of four.
    if length % 4 != 0 {
        return Frame::Invalid;
    }
    let cookie = stun_types::message::MAGIC_COOKIE.to_be_bytes();
    let seen = &buffer[4..buffer.len().min(8)];
    if seen != &cookie[..seen.len()] {
        return Frame::Invalid;
    }
    let end = 20 + length;
    whole(buffer, end, end)
}

fn whole(buffer: &[u8], end: usize, padded: usize) -> Frame {
    if buffer.len() < padded {
        return Frame::More(padded);
    }
    Frame::Message {
        message: 0..end,
        consumed: padded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stun(length: u16) -> Vec<u8> {
        let mut message = vec![0x00, 0x01];
        message.extend(length.to_be_bytes());
        message.extend([0x21, 0x12, 0xA4, 0x42]);
        message.extend(vec![9; 12 + usize::from(length)]);
        message
    }

    fn channel_data(data: &[u8]) -> Vec<u8> {
        let mut message = vec![0x40, 0x01];
        message.extend((data.len() as u16).to_be_bytes());
        message.extend(data);
        message.resize(message.len().next_multiple_of(4), 0);
        message
    }

    /// Feeds the stream in pieces and collects the messages without their padding.
    fn deframe(stream: &[u8], pieces: &[usize]) -> Option<Vec<Vec<u8>>> {
        let (mut buffer, mut messages, mut fed) = (Vec::new(), Vec::new(), 0);
        let mut pieces = pieces.iter().cycle();
        while fed < stream.len() {
            let piece = (*pieces.next()?).min(stream.len() - fed);
            buffer.extend(&stream[fed..fed + piece]);
            fed += piece;
            loop {
                match next_frame(&buffer) {
                    Frame::More(wanted) => {
                        assert!(wanted > buffer.len() && wanted <= LONGEST_MESSAGE);
                        break;
                    }
                    Frame::Message { message, consumed } => {
                        messages.push(buffer[message].to_vec());
                        buffer.drain(..consumed);
                    }
                    Frame::Invalid => return None,
                }
            }
        }
        Some(messages)
    }

    #[test]
    fn channel_data_is_padded_to_four_bytes_and_its_length_is_not() {
        let stream = channel_data(b"hello");
        assert_eq!(stream.len(), 12);
        assert_eq!(next_frame(&stream[..9]), Frame::More(12));
        let frame = Frame::Message {
            message: 0..9,
            consumed: 12,
        };
        assert_eq!(next_frame(&stream), frame);
    }

    #[test]
    fn what_is_not_ours_is_invalid_at_once() {
        for other in [
            &b"\x16\x03\x01\x02\x00\x01"[..],
            b"\x80\x01",
            b"\xFF",
            b"\x00\x01\x00\x01",
            b"\x00\x01\x00\x00\x21\x13",
        ] {
            assert_eq!(next_frame(other), Frame::Invalid, "{other:?}");
        }
    }

    #[test]
    fn the_longest_messages_fit_the_bound() {
        assert_eq!(
            next_frame(&channel_data(&[0; 65_535])),
            Frame::Message {
                message: 0..65_539,
                consumed: 65_540,
            }
        );
        assert!(stun(65_532).len() <= LONGEST_MESSAGE);
    }

    proptest! {
        #[test]
        fn messages_come_out_whole_however_the_stream_is_cut(
            bodies in prop::collection::vec(prop_oneof![
                (0u16..50).prop_map(|words| stun(words * 4)),
                prop::collection::vec(any::<u8>(), 0..200).prop_map(|data| channel_data(&data)),
            ], 0..12),
            pieces in prop::collection::vec(1usize..300, 1..8),
        ) {
            let expected: Vec<Vec<u8>> = bodies.iter().map(|body| {
                let length = usize::from(u16::from_be_bytes([body[2], body[3]]));
                let header = if body[0] & 0xC0 == 0 { 20 } else { 4 };
                body[..header + length].to_vec()
            }).collect();
            prop_assert_eq!(deframe(&bodies.concat(), &pieces), Some(expected));
        }

        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = next_frame(&bytes);
        }
    }
}
