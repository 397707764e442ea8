# The suites and the sum of what they counted.
# shellcheck shell=bash disable=SC2154 # `target` comes from tests/run

passed=0
failed=0

# Runs a command, shows and keeps its output.
logged() {
    local log=$1
    shift
    "$@" 2>&1 | tee "$log"
}

run_rust_tests() {
    local log=$target/tests-rust.log status=0
    # As in the browser tests: what passes only the second time is named and counts as passed.
    local retries=0
    [[ -z ${CI:-} ]] || retries=1
    if cargo nextest --version >/dev/null 2>&1; then
        logged "$log" cargo nextest run --locked --no-fail-fast --retries "$retries" "$@" || status=1
        count_nextest "$log" "$status"
    else
        logged "$log" cargo test --locked --no-fail-fast "$@" || status=1
        count_cargo_test "$log" "$status"
    fi
}

count_nextest() {
    local log=$1 status=$2 summary
    summary=$(grep -E '^ *Summary ' "$log" | tail -n 1 || true)
    count "$(sum_of "$summary" passed)" "$(sum_of "$summary" 'failed|timed out')" "$status"
}

count_cargo_test() {
    local log=$1 status=$2 results
    results=$(grep '^test result:' "$log" || true)
    count "$(sum_of "$results" passed)" "$(sum_of "$results" failed)" "$status"
}

# Adds up the numbers that stand before a word.
sum_of() {
    grep -oE "[0-9]+ ($2)" <<<"$1" | awk '{ sum += $1 } END { print sum + 0 }'
}

run_browser_tests() {
    local report=$target/tests-browser.json log=$target/tests-browser.log status=0
    if ! cargo build --release --locked; then
        count 0 1 1
        return
    fi
    rm -f "$report"
    TEST_BINARY=$target/release/rollcall TEST_CHROMIUM=$(chromium_path) \
        TEST_FAKETIME=$(faketime_library) PLAYWRIGHT_JSON_OUTPUT_FILE=$report \
        logged "$log" npm --prefix tests/browser --silent test -- "$@" || status=1
    count "$(reported "$report" 'expected + stats.flaky')" "$(reported "$report" unexpected)" "$status"
}

# A number of Playwright's report.
reported() {
    node -p "const { stats } = JSON.parse(require('fs').readFileSync('$1')); stats.$2" 2>/dev/null || echo 0
}

# A suite that ends badly without a failed test has failed as a whole.
count() {
    local good=$1 bad=$2 status=$3
    ((status == 0 || bad > 0)) || bad=1
    passed=$((passed + good))
    failed=$((failed + bad))
}

print_totals() {
    echo "$passed passed, $failed failed"
    ((failed == 0 && passed > 0))
}
