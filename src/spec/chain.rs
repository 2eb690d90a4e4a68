//! Chains of links, `"a -> b -> c"`, as single links with their own places.

use crate::diagnostic::Place;
use crate::spec::value::{Data, Value};

/// Two neighbours of a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Where the link comes from.
    pub from: String,
    /// Where it leads.
    pub to: String,
    /// The part of the chain that is this link.
    pub place: Place,
}

/// Splits a chain; a text with fewer than two names gives nothing.
pub fn split(text: &str, place: &Place) -> Vec<Pair> {
    // Bytes of the names inside the text, without the space around them.
    let mut names = Vec::new();
    let mut start = 0;
    for part in text.split("->") {
        let name = part.trim();
        let lead = part.len() - part.trim_start().len();
        names.push((start + lead, name));
        start += part.len() + "->".len();
    }
    let pairs = names.windows(2).filter_map(|pair| {
        let [(first, from), (second, to)] = pair else {
            return None;
        };
        Some(Pair {
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            place: within(place, text, *first..second + to.len()),
        })
    });
    pairs.collect()
}

/// Returns the name of a link as reports and patches spell it.
pub fn link_name(from: &str, to: &str) -> String {
    format!("{from}->{to}")
}

/// Returns the place of a part of a quoted text.
pub fn within(place: &Place, text: &str, part: std::ops::Range<usize>) -> Place {
    match place {
        // With escapes the places do not correspond; then the whole text is shown.
        Place::File(range) if range.len() == text.len() + 2 => {
            Place::File(range.start + 1 + part.start..range.start + 1 + part.end)
        }
        Place::File(_) | Place::Option(_) | Place::Whole => place.clone(),
    }
}

/// Turns the chains of a list of links into texts of one link each.
pub fn singly(links: Vec<Value>) -> Vec<Value> {
    let mut single = Vec::with_capacity(links.len());
    for link in links {
        let pairs = match &link.data {
            Data::Text(text) => split(text, &link.place),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::List(_) | Data::Object(_) => {
                Vec::new()
            }
        };
        if pairs.len() < 2 {
            single.push(link);
            continue;
        }
        single.extend(pairs.into_iter().map(|pair| Value {
            place: pair.place.clone(),
            data: Data::Text(format!("{} -> {}", pair.from, pair.to)),
        }));
    }
    single
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_a_chain_have_their_own_places() {
        let pairs = split("a -> bc->d", &Place::File(100..112));

        assert_eq!(pairs.len(), 2);
        assert_eq!(pairs[0].place, Place::File(101..108));
        assert_eq!((pairs[1].from.as_str(), pairs[1].to.as_str()), ("bc", "d"));
        assert_eq!(pairs[1].place, Place::File(106..111));
    }
}
