//! Values that nobody has written: the defaults that a design rests on.

use crate::component;
use crate::component::parameter::ParameterInfo;
use crate::report::Assumed;
use crate::spec::Value;

/// A parameter that the file leaves to its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// The node.
    pub node: String,
    /// The parameter.
    pub parameter: &'static str,
    /// What is assumed.
    pub value: String,
    /// Where that comes from.
    pub basis: &'static str,
    /// Document and date, or the reason.
    pub source: &'static str,
}

impl Assumption {
    /// Returns it as reports write it.
    pub fn sentence(&self) -> String {
        format!(
            "{}.{} = {} ({})",
            self.node, self.parameter, self.value, self.basis
        )
    }

    /// Returns it as pages show it, with its source.
    pub fn shown(&self) -> Assumed {
        Assumed {
            node: self.node.clone(),
            parameter: self.parameter.to_owned(),
            value: self.value.clone(),
            basis: self.basis.to_owned(),
            source: self.source.to_owned(),
        }
    }
}

/// Lists the parameters of all nodes that a file leaves to defaults which mean something.
pub fn assumptions(file: &Value) -> Vec<Assumption> {
    let mut found = Vec::new();
    let nodes = file.get("nodes").map(Value::members).unwrap_or_default();
    for node in nodes {
        let kind = node.value.get("kind").and_then(Value::as_text);
        let Some(info) = kind.and_then(component::find) else {
            continue;
        };
        let assumed = |parameter: &&ParameterInfo| {
            node.value.get(parameter.name).is_none() && means_something(&parameter.default)
        };
        for parameter in (info.parameters)().iter().filter(assumed) {
            found.push(Assumption {
                node: node.key.clone(),
                parameter: parameter.name,
                value: parameter.default.clone(),
                basis: parameter.basis.word(),
                source: parameter.source,
            });
        }
    }
    found
}

/// Whether a default says more than that there is nothing.
fn means_something(default: &str) -> bool {
    !matches!(default, "none" | "unlimited" | "false" | "object" | "")
}
