//! Overlay: a long array that several owners share until they write to it.
//!
//! A large warm cache is filled once and handed to every replication, which
//! then changes a small part of it. So the shared elements stay where they are,
//! and an owner copies a *leaf* of sixteen of them when it first writes to one.
//! Elements that were added since belong to the owner.
//!
//! Without shared elements this is a vector and one comparison.

use std::sync::Arc;

/// Elements of a leaf, as a power of two.
///
/// CHOICE: the writes of a replication lie far apart, so a leaf is small: half a
/// kilobyte of cache entries.
const LEAF: u32 = 4;

/// An array of which many copies are cheap.
#[derive(Clone, Debug)]
pub struct Overlay<T> {
    /// The first elements, as they were when they were shared.
    shared: Arc<Vec<T>>,
    /// Per leaf of `shared`: 0, or one more than the number of its copy in `copies`.
    leaves: Vec<u32>,
    /// Leaves that were written to.
    copies: Vec<T>,
    /// The elements after `shared`.
    own: Vec<T>,
}

impl<T: Copy> Overlay<T> {
    /// Makes an array that shares nothing.
    pub fn new(elements: Vec<T>) -> Overlay<T> {
        Overlay {
            shared: Arc::new(Vec::new()),
            leaves: Vec::new(),
            copies: Vec::new(),
            own: elements,
        }
    }

    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        self.shared.len() + self.own.len()
    }

    /// Says whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for so many more elements at once.
    pub fn reserve(&mut self, more: usize) {
        self.own.reserve_exact(more);
    }

    /// Adds an element at the end.
    pub fn push(&mut self, element: T) {
        self.own.push(element);
    }

    /// Returns an element.
    ///
    /// # Panics
    ///
    /// Panics if there is none of that number.
    #[inline]
    pub fn at(&self, index: usize) -> &T {
        match index.checked_sub(self.shared.len()) {
            Some(own) => &self.own[own],
            None => match self.leaves[index >> LEAF] {
                0 => &self.shared[index],
                leaf => &self.copies[place(leaf, index)],
            },
        }
    }

    /// Returns an element for writing.
    ///
    /// # Panics
    ///
    /// Panics if there is none of that number.
    #[inline]
    pub fn at_mut(&mut self, index: usize) -> &mut T {
        match index.checked_sub(self.shared.len()) {
            Some(own) => &mut self.own[own],
            None => {
                if self.leaves[index >> LEAF] == 0 {
                    self.copy(index >> LEAF);
                }
                &mut self.copies[place(self.leaves[index >> LEAF], index)]
            }
        }
    }

    /// Has the copies of this array share all that it holds now.
    pub fn share(&mut self) {
        let all = if self.shared.is_empty() {
            std::mem::take(&mut self.own)
        } else {
            (0..self.len()).map(|index| *self.at(index)).collect()
        };
        *self = Overlay {
            leaves: vec![0; all.len().div_ceil(1 << LEAF)],
            shared: Arc::new(all),
            copies: Vec::new(),
            own: Vec::new(),
        };
    }

    /// Copies a leaf, because one of its elements is to be written.
    fn copy(&mut self, leaf: usize) {
        let first = leaf << LEAF;
        let end = (first + (1 << LEAF)).min(self.shared.len());
        self.copies.extend_from_slice(&self.shared[first..end]);
        // The last leaf may be shorter; no other comes after it in `shared`.
        let full = self.copies.len().next_multiple_of(1 << LEAF);
        self.copies.resize(full, self.shared[end - 1]);
        self.leaves[leaf] = (full >> LEAF) as u32;
    }
}

/// Returns where an element of a copied leaf lies.
#[inline]
fn place(leaf: u32, index: usize) -> usize {
    ((leaf as usize - 1) << LEAF) + index % (1 << LEAF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_vector_whatever_is_shared(
            length in 0usize..70,
            steps in prop::collection::vec((0u8..6, 0usize..100, 0u32..1000), 1..200)
        ) {
            let start: Vec<u32> = (0..length as u32).collect();
            let (mut overlay, mut vector) = (Overlay::new(start.clone()), start);
            for (what, index, value) in steps {
                match what {
                    0 => overlay.share(),
                    1 => {
                        overlay.push(value);
                        vector.push(value);
                    }
                    _ if index < vector.len() => {
                        // What a copy writes is not seen by the others.
                        let mut copy = overlay.clone();
                        *copy.at_mut(index) = value + 1;
                        prop_assert_eq!(*overlay.at(index), vector[index]);
                        *overlay.at_mut(index) = value;
                        vector[index] = value;
                        prop_assert_eq!(*copy.at(index), value + 1);
                    }
                    _ => {}
                }
                prop_assert_eq!(overlay.len(), vector.len());
                prop_assert!((0..vector.len()).all(|at| *overlay.at(at) == vector[at]));
            }
        }
    }
}
