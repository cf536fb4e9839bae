//! The list of causes in the documents is whole.

use earshot_report::Code;

#[test]
fn every_cause_is_described() {
    let text = include_str!("../../../docs/causes.md");
    for code in Code::ALL {
        let row = match code.of_partner() {
            None => format!("| [`{code}`](troubleshooting/en/{code}.md) |"),
            Some(_) => "| `partner-…` |".to_owned(),
        };
        assert!(text.contains(&row), "docs/causes.md has no row for {code}");
    }
}
