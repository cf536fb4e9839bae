//! MOS from delay, jitter and loss.
