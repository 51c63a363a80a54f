//! Continual improvement: corrective actions judged by the complaints themselves, and what still has no
//! action.
//!
//! The way through the rooms: [`ground`] counts the complaints of a scope on a snapshot, [`plan`] fixes a check and
//! says what it can see, [`evaluate`] judges it at its end, [`signals`] says what speaks for a reopening and
//! what has no action, [`update`] does all of it for a night and [`layer`] writes it beside the facts.

pub mod compare;
pub mod elsewhere;
pub mod evaluate;
pub mod gone;
pub mod ground;
mod lag;
pub mod layer;
pub mod months;
pub mod plan;
pub mod signals;
pub mod source;
pub mod study;
pub mod update;
