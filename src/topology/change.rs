//! Changes: for some time a node has other parameters than its file gives it.
//!
//! What a change says is laid over the node as a variant's patch would be, and the node is read
//! again: so every mistake is found where it was made, and several changes at once are laid one
//! over the other in the order of the file. Whether a parameter can change while the system
//! runs shows once the node is compiled (`compile::change`).

use crate::component::{Component, KindInfo};
use crate::diagnostic::{Diagnostic, Severity};
use crate::spec::value::shortened;
use crate::spec::{Member, Noun, Object, Sink, Value, patch};
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// Other parameters of a node.
#[derive(Clone, Debug)]
pub struct Change {
    /// The node.
    pub node: NodeIndex<u32>,
    /// Its kind.
    pub info: &'static KindInfo,
    /// What messages call the node while it is changed.
    owner: String,
    /// The node as its file gives it.
    own: Value,
    /// What it has in place of that.
    to: Value,
}

impl Change {
    /// Describes a change of a node.
    pub(super) fn new(
        node: NodeIndex<u32>,
        info: &'static KindInfo,
        (name, own): (&str, &Value),
        to: &Value,
    ) -> Change {
        Change {
            node,
            info,
            owner: format!("node `{}` with its change", shortened(name)),
            own: own.clone(),
            to: to.clone(),
        }
    }

    /// Returns the parameters that it gives.
    pub fn given(&self) -> &[Member] {
        self.to.members()
    }

    /// Returns the same with other parameters.
    pub fn with(&self, given: Vec<Member>) -> Change {
        let to = Value {
            place: self.to.place.clone(),
            data: crate::spec::Data::Object(given),
        };
        Change { to, ..self.clone() }
    }

    /// Reads the node with some changes of it laid over it, in this order.
    ///
    /// # Errors
    ///
    /// What is wrong with the node as it is then, and is not without the changes.
    pub fn read<'c>(
        &self,
        changes: impl IntoIterator<Item = &'c Change>,
    ) -> Result<Arc<dyn Component>, Vec<Diagnostic>> {
        let changed = changes.into_iter();
        let changed = changed.fold(self.own.clone(), |value, one| {
            patch::laid_over(&value, &one.to)
        });
        let (_, known) = self.read_value(&self.own);
        let (component, mut found) = self.read_value(&changed);
        found.retain(|one| one.severity == Severity::Error && !known.contains(one));
        if found.is_empty() {
            Ok(component)
        } else {
            Err(found)
        }
    }

    /// Whether the node is the same with it as without.
    pub(super) fn is_idle(&self) -> bool {
        let same = |one: &Arc<dyn Component>, other: &Arc<dyn Component>| {
            format!("{one:?}") == format!("{other:?}")
        };
        match (self.read([]), self.read([self])) {
            (Ok(own), Ok(changed)) => same(&own, &changed),
            (Ok(_) | Err(_), _) => false,
        }
    }

    /// Reads the node from a value, and returns what is wrong with it.
    fn read_value(&self, value: &Value) -> (Arc<dyn Component>, Vec<Diagnostic>) {
        let sink = Sink::new();
        let mut object = Object::new(value, &self.owner, Noun::Parameter, &sink);
        object.required("kind");
        let component = (self.info.read)(&mut object);
        drop(object);
        (component.into(), sink.into_sorted())
    }
}
