//! What is written in the end: nodes, links with their evidence, and doors by which requests enter.
//!
//! A link that would let work cause itself, such as a function that writes to the bucket that
//! wakes it, is not made: a run would never end it. The first of several ways holds.

use super::draft::Parameter;
use crate::component::{self, Class};
use std::collections::BTreeMap;

/// A node.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its name in the topology.
    pub(crate) name: String,
    /// Its kind.
    pub(crate) kind: &'static str,
    /// Its parameters.
    pub(crate) parameters: Vec<Parameter>,
    /// What the file says about it.
    pub(crate) comments: Vec<String>,
}

impl Node {
    /// Returns what a link from it means.
    pub(crate) fn class(&self) -> Class {
        component::find(self.kind).map_or(Class::Leaf, |info| info.class)
    }
}

/// What a program does with what it is linked to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access {
    /// It reads.
    pub(crate) reads: bool,
    /// It writes, sends or calls.
    pub(crate) writes: bool,
}

/// A link.
#[derive(Debug)]
pub(crate) struct Link {
    /// Position of its source.
    pub(crate) from: usize,
    /// Position of its target.
    pub(crate) to: usize,
    /// Its properties.
    pub(crate) properties: BTreeMap<&'static str, String>,
    /// Why it is there.
    pub(crate) evidence: Vec<String>,
    /// What is done over it, as far as that is known.
    pub(crate) access: Access,
    /// What is handed over it, where its source hands on: `GET /{code}`.
    pub(crate) routes: Vec<String>,
}

/// How requests enter somewhere.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Enter {
    /// Somebody calls.
    Call,
    /// A timer does, every so often (a duration of the format).
    Timer(String),
}

/// A place where requests enter.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    /// Position of the node.
    pub(crate) node: usize,
    /// How they enter.
    pub(crate) enter: Enter,
    /// What the file says about it.
    pub(crate) comment: String,
}

/// A topology in the making.
#[derive(Debug, Default)]
pub(crate) struct Design {
    /// Nodes in the order of the template.
    pub(crate) nodes: Vec<Node>,
    /// Links in the order in which they were found.
    pub(crate) links: Vec<Link>,
    /// Where requests enter beside nodes to which no link leads.
    pub(crate) doors: Vec<Door>,
    /// Positions of links by their ends.
    index: BTreeMap<(usize, usize), usize>,
    /// Targets of each node.
    next: Vec<Vec<usize>>,
    /// Names that are taken, each with the last number that was put behind it.
    names: BTreeMap<String, usize>,
}

impl Design {
    /// Adds a node under a name that is free: its own, or that with its kind, or that with a number.
    pub(crate) fn add(&mut self, mut node: Node) -> usize {
        if self.is_taken(&node.name) {
            node.name = format!("{}-{}", node.name, node.kind);
        }
        node.name = self.free(&node.name);
        self.nodes.push(node);
        self.next.push(Vec::new());
        self.nodes.len() - 1
    }

    /// Whether a node or a flow has a name.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// Returns a name that nobody has yet, and takes it.
    pub(crate) fn free(&mut self, name: &str) -> String {
        let mut free = name.to_owned();
        while self.names.contains_key(&free) {
            let number = self.names.entry(name.to_owned()).or_insert(1);
            *number += 1;
            free = format!("{name}-{number}");
        }
        self.names.insert(free.clone(), 1);
        free
    }

    /// Returns the link between two nodes, and makes it if it may be made.
    pub(crate) fn link(&mut self, from: usize, to: usize) -> Option<&mut Link> {
        let known = self.index.get(&(from, to)).copied();
        let at = match known {
            Some(at) => at,
            None => {
                let leaf = self.nodes.get(from)?.class() == Class::Leaf;
                if leaf || from == to || self.leads(to, from) {
                    return None;
                }
                self.index.insert((from, to), self.links.len());
                self.next.get_mut(from)?.push(to);
                self.links.push(Link {
                    from,
                    to,
                    properties: BTreeMap::new(),
                    evidence: Vec::new(),
                    access: Access::default(),
                    routes: Vec::new(),
                });
                self.links.len() - 1
            }
        };
        self.links.get_mut(at)
    }

    /// Whether there is a link between two nodes.
    pub(crate) fn has_link(&self, from: usize, to: usize) -> bool {
        self.index.contains_key(&(from, to))
    }

    /// Whether a way leads from one node to another.
    pub(crate) fn leads(&self, from: usize, to: usize) -> bool {
        let mut seen = vec![false; self.nodes.len()];
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            let Some(was) = seen.get_mut(at) else {
                continue;
            };
            if !std::mem::replace(was, true) {
                open.extend(self.next.get(at).into_iter().flatten());
            }
        }
        false
    }

    /// Returns the links that begin at a node, in the order in which they were found.
    pub(crate) fn from(&self, node: usize) -> Vec<&Link> {
        let targets = self.next.get(node).into_iter().flatten();
        let links = targets.filter_map(|to| self.index.get(&(node, *to)));
        links.filter_map(|at| self.links.get(*at)).collect()
    }
}

/// Makes a name of nodes out of an id: `UrlsTable` is `urls-table`.
pub(crate) fn name_of(id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    let mut name = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let small = |letter: Option<&char>| {
            letter.is_some_and(|one| one.is_ascii_lowercase() || one.is_ascii_digit())
        };
        let large = before.is_some_and(char::is_ascii_uppercase);
        let lower = after.is_some_and(char::is_ascii_lowercase);
        let begins = letter.is_ascii_uppercase() && (small(before) || (large && lower));
        if !letter.is_ascii_alphanumeric() || begins {
            name.push('-');
        }
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_lowercase());
        }
        if name.len() > 80 {
            break;
        }
    }
    let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
    let name = parts.join("-");
    let begins = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    match name.as_str() {
        "" => "node".to_owned(),
        "client" | "cost" | "recovery" => format!("{name}-node"),
        _ if !begins => format!("n-{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_names_of_the_format() {
        let names = [
            ("UrlsTable", "urls-table"),
            ("APIGateway", "api-gateway"),
            ("jobs[0]", "jobs-0"),
            ("MyDB2Instance", "my-db2-instance"),
            ("S3Bucket", "s3-bucket"),
            ("client", "client-node"),
            ("42", "n-42"),
            ("é", "node"),
        ];
        for (id, name) in names {
            assert_eq!(name_of(id), name, "{id}");
        }
    }

    #[test]
    fn names_that_are_taken_get_a_number_and_circles_are_not_closed() {
        let mut design = Design::default();
        let node = || Node {
            name: "a".to_owned(),
            kind: "lambda",
            parameters: Vec::new(),
            comments: Vec::new(),
        };
        let ids = [node(), node(), node()].map(|node| design.add(node));

        let names = ids.map(|id| design.nodes[id].name.clone());
        assert_eq!(names, ["a", "a-lambda", "a-lambda-2"]);
        assert!(design.link(ids[0], ids[1]).is_some());
        assert!(design.link(ids[1], ids[2]).is_some());
        assert!(design.link(ids[2], ids[0]).is_none());
        assert!(design.link(ids[0], ids[0]).is_none());
        assert!(design.link(ids[0], ids[1]).is_some());
        assert_eq!(design.links.len(), 2);
    }
}
