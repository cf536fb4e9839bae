//! A TURN server (RFC 8489, RFC 8656) as a pure state machine: packets and time in, actions and events out.
