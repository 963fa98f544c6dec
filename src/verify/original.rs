//! The original message inside a receipt or an envelope (RFC 6109, 4.3), read once for all steps
//! that compare something with it. Whoever wrote it is a stranger.

use std::cell::OnceCell;

use crate::mime::Entity;
use crate::mime::tree::{Bounds, Tree};
use crate::work::Work;

pub(super) struct Original<'o> {
    pub octets: &'o [u8],
    /// `None` when its header passes a limit.
    pub message: Option<Entity<'o>>,
    parts: OnceCell<Option<Tree<'o>>>,
    work: &'o Work,
}

impl<'o> Original<'o> {
    pub fn read(octets: &'o [u8], work: &'o Work) -> Self {
        Self {
            octets,
            message: Entity::parse(octets).ok(),
            parts: OnceCell::new(),
            work,
        }
    }

    /// Its parts, cut when they are asked for. The work for it has an account of its own: what is
    /// inside takes nothing from the answer about what is around it.
    pub fn parts(&self) -> Option<&Tree<'o>> {
        let cut = || {
            let message = self.message.clone()?;
            let share = self.work.of_message_within(self.octets.len());
            let tree = Tree::of(message, Bounds::new(&share));
            self.work.settle(&share);
            Some(tree)
        };
        self.parts.get_or_init(cut).as_ref()
    }
}
