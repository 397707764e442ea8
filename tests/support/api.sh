# Both API dialects of the release binary, tried from their own OpenAPI document
# with what its schemas allow and with what they do not: no answer may be a
# fault, and every answer must be as the document says.
# shellcheck shell=bash disable=SC2154 # `target` and `root` come from tests/run

# Each dialect is tried for so long; both together end within two minutes.
api_seconds=40
api_checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance
api_checks+=,response_schema_conformance,unsupported_method,negative_data_rejection,allow_header_conformance,ignored_auth

api_server=
api_folder=

run_api_tests() {
    if ! cargo build --release --locked || ! install_schemathesis; then
        count 0 1 1
        return
    fi
    start_api_server
    local global organization
    global=$(api_token --global --permission api.tenants.read --permission api.tenants.write \
        --permission api.tenants.delete)
    organization=$(ask "$global" '/api/tenant?pageSize=1' tenants tenantId)
    offer_ids "$global" "$organization"
    try_dialect v1 "$(api_token --organization "$organization")" --include-path-regex '^/api/v1/'
    try_dialect tenant "$global" --exclude-path-regex '^/api/v1/'
    stop_api_server
}

# In a folder of its own, so that nothing on the machine changes.
install_schemathesis() {
    local folder=$target/schemathesis wanted=$root/tests/api/requirements.txt
    cmp -s "$wanted" "$folder/installed" && return
    rm -rf "$folder"
    python3 -m venv "$folder" &&
        "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" &&
        cp "$wanted" "$folder/installed"
}

start_api_server() {
    local attempt
    api_folder=$(mktemp -d "$target/test-api.XXXXXX")
    export ROLLCALL_DATA_DIR=$api_folder ROLLCALL_LISTEN=127.0.0.1:0 ROLLCALL_OPS_LISTEN=off ROLLCALL_LOG=warn \
        ROLLCALL_ARGON2=m=64,t=1,p=1 ROLLCALL_INSECURE_TEST_HASHING=1 \
        ROLLCALL_ADDRESS_LIMIT=off ROLLCALL_API_WRITE_LIMIT=1000000/1h
    "$target/release/rollcall" demo --organizations 2 --users 20 >/dev/null
    "$target/release/rollcall" serve >"$api_folder/log" 2>&1 &
    api_server=$!
    for attempt in {1..100}; do
        api_address=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$api_folder/log" | head -n 1 || true)
        [[ -z $api_address ]] || return 0
        sleep 0.1
    done
    cat "$api_folder/log" >&2
    give_up "Rollcall does not start (attempt $attempt)"
}

stop_api_server() {
    [[ -z $api_server ]] || kill "$api_server" 2>/dev/null || true
    [[ -z $api_server ]] || wait "$api_server" 2>/dev/null || true
    [[ -z $api_folder ]] || rm -rf "$api_folder"
    api_server='' api_folder=''
}

# One property of everything in a list that a call answers.
ask() {
    curl -sS --fail-with-body -H "Authorization: Bearer $1" "$api_address$2" |
        python3 -c 'import json, sys; [print(one[sys.argv[2]]) for one in json.load(sys.stdin)[sys.argv[1]]]' "$3" "$4"
}

# Ids that exist, so that calls get further than "not found"; some of them will be gone soon.
offer_ids() {
    local users
    users=$(ask "$1" "/api/tenant/$2/user?pageSize=100" users userId | sed 's/.*/"&"/' | paste -sd,)
    cat >"$api_folder/schemathesis.toml" <<SETTINGS
[dictionaries]
users = { values = [$users] }
tenants = { values = ["$2"] }

[parameters]
"path.userId" = { dictionary = "users", probability = 0.7 }
"path.tenantId" = { dictionary = "tenants", probability = 0.9 }
SETTINGS
}

# A token with every permission there is for users and tokens, and what else is said.
api_token() {
    local what verb permissions=()
    for what in users api-tokens; do
        for verb in read write delete; do
            permissions+=(--permission "api.$what.$verb")
        done
    done
    "$target/release/rollcall" token create --name "Schema $RANDOM" --expires-in 1d "${permissions[@]}" "$@"
}

try_dialect() {
    local name=$1 token=$2 log=$target/tests-api-$1.log status=0 good bad
    shift 2
    (cd "$api_folder" && logged "$log" timeout $((api_seconds + 20)) "$target/schemathesis/bin/schemathesis" run \
        "$api_address/api/openapi.json" --header "Authorization: Bearer $token" "$@" \
        --phases coverage,fuzzing --checks "$api_checks" --max-time "$api_seconds" --max-examples 20 \
        --seed 1 --no-shrink --continue-on-failure --warnings off --no-color) || status=1
    good=$(grep -oE '[0-9]+ passed' "$log" | tail -n 1 | grep -oE '[0-9]+' || echo 0)
    bad=$(grep -oE '[0-9]+ failed' "$log" | tail -n 1 | grep -oE '[0-9]+' || echo 0)
    echo "API dialect $name: $good passed, $bad failed"
    count "$good" "$bad" "$status"
}
