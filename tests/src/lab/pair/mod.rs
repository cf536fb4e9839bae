//! Two people at the two ends of a link, each in a network of their own: who hears whom, and if not, at whose end it
//! breaks.

pub mod case;
pub mod matrix;
pub mod play;
pub mod stage;
