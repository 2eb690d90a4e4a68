//! The report as JUnit XML: one test case per objective, for build servers.

use super::text::measured;
use super::{Report, Verdict};

/// Renders the report.
///
/// A missed objective is a failure of type `missed`, an undecided one a failure of
/// type `undecided`. Without objectives the suite is empty.
pub fn junit(report: &Report) -> String {
    let bad = report
        .objectives
        .iter()
        .filter(|one| one.verdict != Verdict::Met)
        .count();
    let suite = match &report.variant {
        Some(variant) => format!("{} ({variant})", report.topology),
        None => report.topology.clone(),
    };
    let suite = escaped(&suite);
    let count = report.objectives.len();
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    text.push_str(&format!(
        "<testsuites name=\"kneepoint\" tests=\"{count}\" failures=\"{bad}\" errors=\"0\">\n"
    ));
    text.push_str(&format!(
        "  <testsuite name=\"{suite}\" tests=\"{count}\" failures=\"{bad}\" errors=\"0\" skipped=\"0\">\n"
    ));
    let property = |name: &str, value: &str| {
        format!(
            "      <property name=\"{name}\" value=\"{}\"/>\n",
            escaped(value)
        )
    };
    text.push_str("    <properties>\n");
    text.push_str(&property("version", &report.version));
    text.push_str(&property("seed", &report.seed.to_string()));
    text.push_str(&property("replications", &report.replications.to_string()));
    text.push_str(&property("digest", &report.digest));
    text.push_str(&property("interrupted", &report.interrupted.to_string()));
    text.push_str("    </properties>\n");
    for one in &report.objectives {
        let name = escaped(&one.expression);
        let measured = escaped(&measured(one));
        let failure = match one.verdict {
            Verdict::Met => None,
            Verdict::Missed => Some("missed"),
            Verdict::Undecided => Some("undecided"),
        };
        text.push_str(&format!(
            "    <testcase classname=\"{suite}\" name=\"{name}\""
        ));
        match failure {
            None => text.push_str("/>\n"),
            Some(kind) => text.push_str(&format!(
                ">\n      <failure type=\"{kind}\" message=\"measured {measured}\">{name}: measured {measured}</failure>\n    </testcase>\n"
            )),
        }
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// Writes a text so that nothing in it is markup; characters that XML forbids are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter < ' ' && !matches!(letter, '\t' | '\n' | '\r') => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}
