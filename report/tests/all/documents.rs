//! The list of causes in the documents is whole.

use earshot_report::Code;

#[test]
fn every_cause_is_described() {
    let text = include_str!("../../../docs/causes.md");
    for code in Code::ALL {
        assert!(
            text.contains(&format!("| `{code}` |")),
            "docs/causes.md has no row for {code}"
        );
    }
}
