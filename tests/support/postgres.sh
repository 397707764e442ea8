# A private PostgreSQL cluster for one run: on a free loopback port, in a folder
# of its own, gone at the end. PostgreSQL refuses to run as root, so root lends
# the folder to an unprivileged user.
# shellcheck shell=bash disable=SC2154 # `target` comes from tests/run

postgres_folder=
postgres_user=

has_postgres() {
    [[ -n $(postgres_programs) ]]
}

# The folder of initdb and pg_ctl of the newest version installed.
postgres_programs() {
    local newest initdb
    newest=$(find /usr/lib/postgresql -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
    initdb=${newest:-$(command -v initdb || true)}
    [[ -z $initdb ]] || dirname "$(readlink -f "$initdb")"
}

as_postgres_user() {
    if ((EUID == 0)); then
        (cd / && setpriv --reuid="$postgres_user" --regid="$(id -g "$postgres_user")" \
            --clear-groups -- "$@")
    else
        "$@"
    fi
}

start_postgres() {
    remove_abandoned_clusters
    choose_postgres_folder
    local programs password port attempt
    programs=$(postgres_programs)
    password=$(od -An -N 24 -tx1 /dev/urandom | tr -d ' \n')
    (umask 077 && echo "$password" >"$postgres_folder/password")
    ((EUID != 0)) || chown "$postgres_user" "$postgres_folder/password"
    init_cluster "$programs"
    for attempt in {1..20}; do
        # Below the range from which the system lends ports to clients.
        port=$((20000 + RANDOM % 12000))
        if write_settings "$port" && as_postgres_user "$programs/pg_ctl" --silent --wait --timeout=60 \
            -D "$postgres_folder/cluster" -l "$postgres_folder/log" start >/dev/null; then
            export TEST_POSTGRES_URL="postgres://rollcall:$password@127.0.0.1:$port/postgres"
            return
        fi
        grep -q 'Address already in use' "$postgres_folder/log" || break
    done
    cat "$postgres_folder/log" >&2
    give_up "PostgreSQL does not start (attempt $attempt)"
}

# Inside the checkout, unless the unprivileged user cannot get there.
choose_postgres_folder() {
    postgres_folder=$(mktemp -d "$target/test-postgres.XXXXXX")
    if ((EUID == 0)); then
        postgres_user=nobody
        ! id postgres >/dev/null 2>&1 || postgres_user=postgres
        chown "$postgres_user" "$postgres_folder"
        if ! as_postgres_user test -w "$postgres_folder"; then
            rmdir "$postgres_folder"
            postgres_folder=$(mktemp -d "${TMPDIR:-/tmp}/rollcall-test-postgres.XXXXXX")
            chown "$postgres_user" "$postgres_folder"
        fi
    fi
    echo $$ >"$postgres_folder/owner"
}

# Sorts text as most installations do, so that a forgotten COLLATE shows.
init_cluster() {
    local programs=$1
    local options=(-D "$postgres_folder/cluster" --username=rollcall --encoding=UTF8 --no-sync
        --auth=scram-sha-256 --pwfile="$postgres_folder/password" --locale=C)
    as_postgres_user "$programs/initdb" "${options[@]}" --locale-provider=icu --icu-locale=en \
        >"$postgres_folder/initdb.log" 2>&1 && return
    rm -rf "$postgres_folder/cluster"
    as_postgres_user "$programs/initdb" "${options[@]}" >"$postgres_folder/initdb.log" 2>&1 && return
    cat "$postgres_folder/initdb.log" >&2
    give_up "PostgreSQL cannot make a cluster"
}

# Nothing here outlives the run, so nothing waits for the disk.
write_settings() {
    cat >"$postgres_folder/cluster/postgresql.auto.conf" <<SETTINGS
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
max_connections = 400
shared_buffers = 128MB
fsync = off
full_page_writes = off
synchronous_commit = off
timezone = 'UTC'
SETTINGS
}

stop_postgres() {
    local status=$1
    trap - EXIT
    [[ -z $postgres_folder ]] || remove_cluster "$postgres_folder"
    exit "$status"
}

remove_cluster() {
    local folder=$1 programs
    programs=$(postgres_programs)
    if [[ -f $folder/cluster/postmaster.pid && -n $programs ]]; then
        postgres_user=${postgres_user:-$(stat -c %U "$folder")}
        as_postgres_user "$programs/pg_ctl" --silent --wait --mode=immediate \
            -D "$folder/cluster" stop >/dev/null 2>&1 || true
    fi
    rm -rf "$folder"
}

# Of runs that were killed before they could clean up.
remove_abandoned_clusters() {
    local folder owner
    for folder in "$target"/test-postgres.* "${TMPDIR:-/tmp}"/rollcall-test-postgres.*; do
        [[ -O $folder || ($EUID -eq 0 && -d $folder) ]] || continue
        owner=$(cat "$folder/owner" 2>/dev/null || true)
        [[ -n $owner ]] || continue
        kill -0 "$owner" 2>/dev/null || remove_cluster "$folder"
    done
}
