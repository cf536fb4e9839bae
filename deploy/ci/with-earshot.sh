#!/bin/sh
# Starts earshot, runs a command beside it, keeps the report of each test that was made, and ends earshot.
#
#   deploy/ci/with-earshot.sh cargo test --target wasm32-unknown-unknown
#
# Its exit code is the command's. The command finds in its environment:
#   EARSHOT_URL                    the page's address
#   CHROMEDRIVER                   the browser's driver, where it was found
#   WASM_BINDGEN_TEST_TIMEOUT      a test takes ten seconds at most, and several share this time
# What may be set before:
#   EARSHOT_BIN                    the program; else `earshot` of PATH
#   EARSHOT_REPORTS                where the reports are kept, by default ./earshot-reports
#   EARSHOT_REPORTS_WHOLE=yes      keep them with every address: else they are masked, because who may read a project
#                                  may often read what its CI keeps
#   EARSHOT_PORT                   the page's port, by default 8080
#   any setting of `earshot serve`, such as ICE_SERVERS with the servers to be tested
set -eu

say() { printf '%s\n' "with-earshot: $*" >&2; }
fail() { say "$*"; exit 2; }

[ $# -gt 0 ] || fail "say what is to be run, for example: $0 cargo test --target wasm32-unknown-unknown"
earshot=${EARSHOT_BIN:-earshot}
command -v "$earshot" >/dev/null || fail "$earshot is not there: build it (cargo xtask build --release) and say by EARSHOT_BIN where it is"
command -v curl >/dev/null || fail "curl is not installed, and the reports are fetched by it"
reports=${EARSHOT_REPORTS:-earshot-reports}
mkdir -p "$reports" || fail "$reports cannot be made: set EARSHOT_REPORTS to a directory that can"

work=$(mktemp -d)
key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
EARSHOT_URL=http://127.0.0.1:${EARSHOT_PORT:-8080}
export EARSHOT_URL
if [ -z "${CHROMEDRIVER:-}" ]; then
    # GitHub's machines keep it apart.
    CHROMEDRIVER=$(command -v chromedriver || printf '%s' "${CHROMEWEBDRIVER:+$CHROMEWEBDRIVER/chromedriver}")
fi
[ -z "$CHROMEDRIVER" ] || export CHROMEDRIVER
export WASM_BINDGEN_TEST_TIMEOUT="${WASM_BINDGEN_TEST_TIMEOUT:-120}"

# The tests' page has an origin of its own, at another port of this machine each time: CORS_ORIGIN lets it in.
mkfifo "$work/said"
env EARSHOT_DATA="$work/data" OPERATOR_KEY="$key" HTTP_LISTEN="${EARSHOT_URL#http://}" \
    CORS_ORIGIN="${CORS_ORIGIN:-http://127.0.0.1}" "$earshot" serve >"$work/said" 2>"$reports/earshot.log" &
process=$!

# shellcheck disable=SC2329  # the trap below calls it
end() {
    kill "$process" 2>/dev/null && wait "$process" 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# It says when it has started; its words end where it ends.
started=
exec 3<"$work/said"
while IFS= read -r line <&3; do
    if [ "$line" = started ]; then
        started=yes
        break
    fi
done
[ -n "$started" ] || { cat "$reports/earshot.log" >&2; fail "earshot did not start; its words are above"; }
cat <&3 >/dev/null &
exec 3<&-
say "earshot runs at $EARSHOT_URL"

code=0
"$@" || code=$?

ask() { curl --silent --show-error --fail --max-time 10 "$@"; }
operator="Authorization: Bearer $key"
kept=0
for id in $(ask --header "$operator" "$EARSHOT_URL/api/reports?limit=50" | grep -o '"id":"[^"]*"' | cut -d '"' -f 4); do
    # Nothing that fails here is to hide the command's exit code.
    if [ "${EARSHOT_REPORTS_WHOLE:-no}" = yes ]; then
        ask --header "$operator" "$EARSHOT_URL/api/reports/$id" >"$reports/$id.json" || continue
    else
        ask "$EARSHOT_URL/api/reports/$id" >"$reports/$id.json" || continue
    fi
    kept=$((kept + 1))
done
say "$kept reports are in $reports"
exit "$code"
