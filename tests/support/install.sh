# What the tests need beyond the Rust toolchain, and how it gets here.
# shellcheck shell=bash

# Command or file that shows a package is there, and the package's name.
needed_packages() {
    local part=$1
    [[ $part == api ]] || has_postgres || echo postgresql
    [[ $part == api ]] || has psql || echo postgresql-client
    has curl || echo curl
    [[ $part == rust ]] && return
    [[ $part == browser ]] || has_venv || echo python3-venv
    [[ $part == api ]] && return
    has node || echo nodejs
    has npm || echo npm
    chromium_path >/dev/null || echo chromium
    faketime_library >/dev/null || echo libfaketime
    has oathtool || echo oathtool
    has zbarimg || echo zbar-tools
}

# Debian's python3 comes without what fills a virtual environment.
has_venv() {
    has python3 && python3 -c 'import ensurepip, venv' 2>/dev/null
}

has() {
    command -v "$1" >/dev/null
}

chromium_path() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

faketime_library() {
    local file
    for file in /usr/lib/*/faketime/libfaketime.so.1 /usr/lib/faketime/libfaketime.so.1 \
        /usr/lib64/faketime/libfaketime.so.1; do
        [[ -f $file ]] && echo "$file" && return
    done
    return 1
}

install_what_is_missing() {
    local part=$1 missing
    has cargo || give_up "cargo is missing; install a Rust toolchain first"
    has cc || give_up "a C compiler is missing; install gcc first"
    mapfile -t missing < <(needed_packages "$part")
    ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
    mapfile -t missing < <(needed_packages "$part")
    ((${#missing[@]} == 0)) || give_up "still missing after the installation: ${missing[*]}"
    [[ $part == rust || $part == api ]] || install_node_packages
}

install_packages() {
    if ((EUID != 0)) || ! has apt-get; then
        give_up "missing: $*; as root: apt-get install $*"
    fi
    echo "Installing $*"
    export DEBIAN_FRONTEND=noninteractive
    local options=(-q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    apt-get "${options[@]}" update
    apt-get "${options[@]}" install --no-install-recommends "$@"
}

install_node_packages() {
    local version
    version=$(node -p 'process.versions.node.split(".")[0]')
    ((version >= 20)) || give_up "Node.js $version is too old for the browser tests; install 20 or later"
    local lock=tests/browser/package-lock.json
    local installed=tests/browser/node_modules/.package-lock.json
    [[ $installed -nt $lock ]] && return
    PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm --prefix tests/browser ci --no-audit --no-fund
    touch "$installed"
}

give_up() {
    echo "tests/run: $*" >&2
    echo "0 passed, 1 failed"
    exit 1
}
