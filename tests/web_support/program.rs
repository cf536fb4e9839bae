//! The program that tests in a real browser need.

use wasm_bindgen_test::console_log;

/// The program's address; `None`: there is none, and that is said.
pub(crate) fn program(test: &str) -> Option<&'static str> {
    let url = option_env!("EARSHOT_TEST_URL");
    if url.is_none() {
        assert!(
            option_env!("EARSHOT_REQUIRE_REAL").is_none(),
            "{test} needs a running program: set EARSHOT_TEST_URL"
        );
        console_log!("skipped: {test} needs a running program, and EARSHOT_TEST_URL is not set");
    }
    url
}
