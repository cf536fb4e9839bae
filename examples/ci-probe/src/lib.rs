//! Your application would be here. What this example shows is in `tests/voice.rs`.
