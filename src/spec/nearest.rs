//! “Did you mean”: the nearest accepted name, and lists of names in messages.

/// Returns the accepted name nearest to what was written, if it is near.
pub fn nearest<'n>(written: &str, accepted: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // Long texts are no misspelt names, and the distance is quadratic.
    const LONGEST: usize = 40;
    const MOST_NAMES: usize = 1_000;
    if written.len() > LONGEST {
        return None;
    }
    let folded = written.to_lowercase();
    let most = (written.chars().count() / 3).clamp(1, 3);
    accepted
        .into_iter()
        .take(MOST_NAMES)
        .filter(|name| name.len().abs_diff(written.len()) <= 4 * most)
        .map(|name| (strsim::osa_distance(&folded, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Lists names in backticks: `a`, `b` or `c`.
pub fn listed<'n>(names: impl IntoIterator<Item = &'n str>, last: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((end, begin)) => format!("{} {last} {end}", begin.join(", ")),
    }
}

/// Says what to write instead of an unknown name: the nearest, and what is accepted.
pub fn help<'n>(written: &str, accepted: impl IntoIterator<Item = &'n str> + Clone) -> String {
    const MOST: usize = 40;
    let near = nearest(written, accepted.clone());
    let count = accepted.clone().into_iter().count();
    let list = listed(accepted.clone().into_iter().take(MOST), "and");
    let more = match count.saturating_sub(MOST) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    match near {
        Some(name) => format!("did you mean `{name}`? accepted: {list}{more}"),
        None => format!("accepted: {list}{more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_misspelt_name_and_no_other() {
        let names = ["read_capacity", "write_capacity"];

        assert_eq!(nearest("read_capcity", names), Some("read_capacity"));
        assert_eq!(nearest("colour", names), None);
    }

    #[test]
    fn lists_with_a_last_word() {
        assert_eq!(listed(["a", "b", "c"], "or"), "`a`, `b` or `c`");
        assert_eq!(listed(["a"], "or"), "`a`");
    }
}
