//! Who may sign certified mail: the authorities (trust data) and, where the user has one, the
//! list of providers.
//!
//! The trust data ([`trust`]) are compiled in and can be replaced ([`trust_file`]). The provider
//! What is known beside them is a [`snapshot`]. The provider
//! directory (IGPEC, [`directory`]) is closed to the public; without it nobody can decide from
//! outside whether a provider runs a domain, and the verdict says so.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod directory;
pub mod directory_index;
pub mod permitted;
pub mod snapshot;
pub mod trust;
pub mod trust_file;

pub use directory::ProviderList;
pub use snapshot::Snapshot;
pub use trust::Trust;
