#!/usr/bin/env bash
# Brings a fresh Debian 12 to where the program runs: Debian packages, a Python environment, the project in it.
#
#   deploy/setup.sh runtime    what `make demo` and `make run` need
#   deploy/setup.sh tools      that, the linters and the test runner
#   deploy/setup.sh tests      that, and the programs which the whole suite talks to
#
# Every step looks first and acts only where something is missing: it may be repeated at any time, and a repeat takes
# no time. Outside the project's folder only the package manager changes anything. Whoever may not use that gets the
# Debian packages unpacked into .tools/root instead; .tools/env then says where their programs and libraries are, and
# the Makefile and .venv/bin/kyso read it.
set -Eeuo pipefail

level=${1:-}
case $level in runtime | tools | tests) ;; *) echo "usage: deploy/setup.sh runtime|tools|tests" >&2; exit 64 ;; esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"
unpacked=$root/.tools/root
log=$root/.tools/setup.log
certificates=/etc/ssl/certs/ca-certificates.crt
changed=

# ---------------------------------------------------------------------------------------------------------- speaking

step() { changed=yes; echo "set-up: $*" >&2; }
note() { echo "        $*" >&2; }
trap 'echo "set-up stopped unexpectedly at line $LINENO of deploy/setup.sh; see .tools/setup.log" >&2' ERR
fail() { echo "set-up stopped: $1" >&2; shift; for line in "$@"; do note "$line"; done; exit 1; }

# Runs a command with its output in the log; when it fails, shows the end of that.
quietly() {
    "$@" >>"$log" 2>&1 </dev/null && return
    tail -n 4 "$log" | sed 's/^/        | /' >&2
    return 1
}

# ------------------------------------------------------------------------------------------------------------ system

# shellcheck source=/dev/null
system_name() { (. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-this system}") || echo "this system"; }
# shellcheck source=/dev/null
is_debian_12() { (. /etc/os-release 2>/dev/null && [ "${ID:-}-${VERSION_ID:-}" = debian-12 ]); }

# The probes of deploy/debian-packages: a path, which may have a *, is looked for in the system and below .tools/root; a
# name is looked for on the PATH.
is_there() {
    case $1 in
        /*) compgen -G "$1" >/dev/null || compgen -G "$unpacked$1" >/dev/null ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# Prints the interpreter to use: 3.11 or newer, able to make environments, and one this user may run.
find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} /usr/bin/python3.11 /usr/bin/python3 python3.11 python3 python3.12 python3.13; do
        "$candidate" -c "import sys, venv${1:+, $1}; sys.exit(sys.version_info < (3, 11))" 2>/dev/null || continue
        echo "$candidate"
        return
    done
    return 1
}

missing_packages() {
    local wanted package probe _
    while read -r wanted package probe _; do
        case $wanted in runtime) ;; tests) [ "$level" = tests ] || continue ;; *) continue ;; esac
        is_there "$probe" || echo "$package"
    done <deploy/debian-packages
    [ -x .venv/bin/python ] || find_python ensurepip >/dev/null || has_pip_wheel || echo python3-venv
}

has_pip_wheel() { compgen -G "$unpacked/usr/share/python-wheels/pip-*.whl" >/dev/null; }

# Prints how to become root without being asked for anything that nobody can answer; fails where there is no way.
elevation() {
    if [ "$EUID" -eq 0 ]; then
        echo env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo "sudo -n"
    elif command -v sudo >/dev/null && [ -t 0 ] && [ -t 2 ]; then
        echo sudo
    else
        return 1
    fi
}

install_packages() {
    local how
    how=$(elevation) || return 1
    step "installs Debian packages with apt-get: $*"
    # Not through quietly(): sudo may have to ask for a password.
    $how env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 update >>"$log" 2>&1 ||
        note "apt-get update failed; trying with the lists that are there"
    $how env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@" \
        >>"$log" 2>&1 || { tail -n 4 "$log" | sed 's/^/        | /' >&2; return 1; }
}

# The way without administrator rights. apt checks its signed lists as always; only its state lies in a private folder.
unpack_packages() {
    local scratch status=0
    step "unpacks Debian packages into .tools/root, since this user may not install any: $*"
    scratch=$(mktemp -d)
    (fetch_packages "$scratch" "$@") || status=1
    rm -rf "$scratch"
    return "$status"
}

fetch_packages() {
    local scratch=$1 archive private wanted
    shift
    mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial" "$scratch/debs" "$unpacked"
    private=(-q -o "Dir::State::Lists=$scratch/lists" -o "Dir::Cache=$scratch/cache" -o Debug::NoLocking=true
        -o Acquire::Languages=none)
    quietly apt-get "${private[@]}" update || return 1
    # "Inst name (version ...": new to this system. "Inst name [old] (...": an upgrade, which the system does not need.
    wanted=$(apt-get "${private[@]}" -s install --no-install-recommends "$@" 2>>"$log" |
        sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*/\1=\2/p') || return 1
    [ -n "$wanted" ] || return 1
    cd "$scratch/debs"
    # shellcheck disable=SC2086 # one word for each package
    quietly apt-get "${private[@]}" download $wanted || return 1
    for archive in *.deb; do
        quietly dpkg-deb -x "$archive" "$unpacked" || return 1
    done
}

provide_system() {
    local missing
    mapfile -t missing < <(missing_packages | sort -u)
    [ "${#missing[@]}" -gt 0 ] || return 0
    is_debian_12 || note "note: made for Debian 12; this is $(system_name), where package names may differ"
    if command -v apt-get >/dev/null; then
        install_packages "${missing[@]}" || unpack_packages "${missing[@]}" || note "that did not work; see .tools/setup.log"
        write_environment
        read_environment
    fi
    mapfile -t missing < <(missing_packages | sort -u)
    [ "${#missing[@]}" -eq 0 ] || fail "these programs are still missing on $(system_name): ${missing[*]}" \
        "If the network was down, repeat the same command. Otherwise ask an administrator for:" \
        "    apt-get update && apt-get install --no-install-recommends ${missing[*]}"
}

# ------------------------------------------------------------------------------------- what was unpacked, made usable

quoted() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# A program that finds its parts by an absolute path gets a starter in .tools/bin that tells it the new place.
write_starter() {
    mkdir -p .tools/bin
    { echo '#!/bin/sh'; echo "exec $2 \"\$@\""; } >".tools/bin/$1"
    chmod +x ".tools/bin/$1"
}

write_environment() {
    local libraries folder
    libraries=$unpacked/usr/lib/$(uname -m)-linux-gnu
    for folder in "$libraries"/*/; do # some packages keep private libraries one level deeper
        ! compgen -G "${folder}lib*.so*" >/dev/null || libraries+=:${folder%/}
    done
    [ -d "$unpacked" ] || return 0
    if [ -d "$unpacked/usr/share/ca-certificates" ]; then # installing the package would have joined them
        mkdir -p "$unpacked/etc/ssl/certs"
        cat "$unpacked"/usr/share/ca-certificates/*/*.crt >"$unpacked$certificates"
    fi
    {
        echo "# Written by deploy/setup.sh: where the Debian packages unpacked in .tools/root are."
        echo "export PATH=$(quoted "$root/.tools/bin:$unpacked/usr/bin"):\"\$PATH\""
        echo "export LD_LIBRARY_PATH=$(quoted "$libraries:$unpacked/lib/$(uname -m)-linux-gnu")"
        if [ -d "$unpacked/etc/fonts" ]; then
            echo "export FONTCONFIG_FILE=$(quoted "$root/.tools/fonts.conf")"
        fi
        if [ -e "$unpacked$certificates" ]; then
            echo "[ -n \"\${SSL_CERT_FILE:-}\" ] || export SSL_CERT_FILE=$(quoted "$unpacked$certificates")"
        fi
        if [ -e "$unpacked/usr/lib/softhsm/libsofthsm2.so" ]; then
            echo "export KYSO_SOFTHSM_MODULE=$(quoted "$unpacked/usr/lib/softhsm/libsofthsm2.so")"
        fi
        if [ -d "$unpacked/usr/libexec/p11-kit" ]; then
            echo "export P11_KIT_PRIVATEDIR=$(quoted "$unpacked/usr/libexec/p11-kit")"
        fi
        if [ -d "$unpacked/usr/share/fonts/truetype/liberation2" ]; then
            echo "export KYSO_FONT_DIR=$(quoted "$unpacked/usr/share/fonts/truetype/liberation2")"
        fi
    } >.tools/env
    if [ -d "$unpacked/etc/fonts" ]; then
        echo "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"urn:fontconfig:fonts.dtd\"><fontconfig>" \
            "<dir>$unpacked/usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir>$root/.tools/fonts</cachedir>" \
            "</fontconfig>" >.tools/fonts.conf
    fi
    if [ -x "$unpacked/usr/lib/chromium/chromium" ]; then
        write_starter chromium "$(quoted "$unpacked/usr/lib/chromium/chromium")"
    fi
    if [ -x "$unpacked/usr/bin/softhsm2-util" ]; then
        write_starter softhsm2-util "$(quoted "$unpacked/usr/bin/softhsm2-util") \
    --module $(quoted "$unpacked/usr/lib/softhsm/libsofthsm2.so")"
    fi
    if [ -x "$unpacked/usr/bin/zbarimg" ]; then # its reader of pictures looks for the formats it knows
        folder=$(compgen -G "$unpacked/usr/lib/*/ImageMagick-*/modules-Q16/coders")
        write_starter zbarimg "env MAGICK_CONFIGURE_PATH=$(quoted "$unpacked/etc/ImageMagick-6") \
    MAGICK_CODER_MODULE_PATH=$(quoted "$folder") $(quoted "$unpacked/usr/bin/zbarimg")"
    fi
    if [ -e "$unpacked/usr/include/stdio.h" ]; then
        write_compiler_starter
    fi
}

# The compiler looks for headers and start files in the system, and the C library's linker script names its halves there.
write_compiler_starter() {
    local compiler=$unpacked/usr/bin/gcc headers=$unpacked/usr/include libraries
    libraries=$unpacked/usr/lib/$(uname -m)-linux-gnu
    [ -x "$compiler" ] || compiler=/usr/bin/cc
    sed -i "s# \\(/usr/lib/[^ ]*\\)# \"$unpacked\\1\"#g" "$libraries/libc.so"
    write_starter cc "$(quoted "$compiler") -B$(quoted "$libraries/") -L$(quoted "$libraries") \
        -isystem $(quoted "$headers") -isystem $(quoted "$headers/$(uname -m)-linux-gnu")"
}

read_environment() {
    # shellcheck source=/dev/null
    [ ! -e .tools/env ] || . ./.tools/env
}

# ------------------------------------------------------------------------------------------------------------ Python

# An environment knows its own place; one that was copied along with the folder does not work any more.
has_environment() {
    .venv/bin/python -c '' 2>/dev/null && grep -qsF "$root/.venv" .venv/bin/activate
}

make_environment() {
    local python wheel
    if ! has_environment; then
        if python=$(find_python ensurepip); then
            step "makes the Python environment .venv with $python"
            rm -rf .venv
            quietly "$python" -m venv .venv || fail "the Python environment could not be made" "See .tools/setup.log."
        elif python=$(find_python) && has_pip_wheel; then
            step "makes the Python environment .venv with $python and the unpacked pip"
            rm -rf .venv
            quietly "$python" -m venv --without-pip .venv
            for wheel in "$unpacked"/usr/share/python-wheels/pip-*.whl; do
                quietly .venv/bin/python "$wheel/pip" install --no-index "$wheel"
            done
        else
            fail "Python 3.11 or newer is needed, and $(system_name) has none that this user can run" \
                "Debian 12 and newer have it: apt-get install python3-venv. Another one: make PYTHON=/path/to/python3.11"
        fi
    fi
    .venv/bin/python -m pip --version >/dev/null 2>&1 || quietly .venv/bin/python -m ensurepip ||
        fail "the Python environment has no pip" "Remove the folder .venv and repeat the same command."
}

no_download() {
    fail "Python packages could not be downloaded or did not match their hashes" \
        "Is the package index reachable (a proxy? HTTPS_PROXY, PIP_INDEX_URL and PIP_CERT are honoured)?" \
        "Everything done so far is kept: repeat the same command. The whole story is in .tools/setup.log."
}

install_python_packages() {
    local lock=$1
    local with_pip=(.venv/bin/python -m pip install -q --require-hashes --only-binary=:all:)
    step "installs the Python packages of $lock, each checked against its hash"
    # uv is many times faster than pip, and is itself installed with it. Compiled once, the packages are not compiled
    # again by each of the many processes that a service starts and that may write nothing.
    if "${with_pip[@]}" -r requirements/uv.txt >>"$log" 2>&1 </dev/null &&
        deploy/uv.sh pip install -q --compile-bytecode --python .venv/bin/python --require-hashes \
            --only-binary=:all: -r "$lock" >>"$log" 2>&1 </dev/null; then
        return
    fi
    note "uv did not manage it; trying with pip, which takes longer"
    quietly "${with_pip[@]}" -r "$lock" || no_download
}

install_project() {
    step "installs the project in place; the program is .venv/bin/kyso"
    quietly .venv/bin/python -m pip install -q --no-index --no-build-isolation --no-deps -e . ||
        fail "the project itself could not be installed" "See .tools/setup.log."
    [ -e .tools/env ] || return 0
    # Libraries are looked up once, when a program starts: the starter tells where before Python does.
    mkdir -p .venv/libexec
    mv .venv/bin/kyso .venv/libexec/kyso
    { echo '#!/bin/sh'; echo ". $(quoted "$root/.tools/env")"; echo "exec $(quoted "$root/.venv/libexec/kyso") \"\$@\""; } \
        >.venv/bin/kyso
    chmod +x .venv/bin/kyso
}

provide_python() {
    local lock=requirements/test.txt stamp key
    [ "$level" != runtime ] || lock=requirements/runtime.txt
    key=$({ echo "$root"; cat .tools/env 2>/dev/null || true; cat pyproject.toml requirements/uv.txt deploy/setup.sh; } | sha256sum)
    if has_environment; then
        for stamp in test runtime; do # the test tools include what the program needs
            [ "$level" = runtime ] || [ "$stamp" = test ] || continue
            [ "$(cat ".venv/.stamp-$stamp" 2>/dev/null)" != "$key $(sha256sum "requirements/$stamp.txt")" ] || return 0
        done
    fi
    make_environment
    install_python_packages "$lock"
    install_project
    echo "$key $(sha256sum "$lock")" >".venv/.stamp-$(basename "$lock" .txt)"
}

# -------------------------------------------------------------------------------------------------------------- main

if ! mkdir -p .tools 2>/dev/null || [ ! -w .tools ] || [ ! -w . ]; then
    fail "$root is not writable for $(id -un)" \
        "Copy the project into a folder of your own, or get this one: chown -R $(id -un) $(quoted "$root")"
fi
exec 9>.tools/lock
flock 9 # two set-ups at once would tread on each other
: >"$log"
unset PYTHONPATH PYTHONHOME PIP_USER
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
if [ ! -w "${HOME:-/nonexistent}" ]; then # caches and settings are kept there
    mkdir -p .tools/home
    export HOME=$root/.tools/home
fi
umask 022
if [ -d "$unpacked" ] && [ ! .tools/env -nt deploy/setup.sh ]; then # made by an older version of this file
    write_environment
fi
read_environment
provide_system
[ -z "${SSL_CERT_FILE:-}" ] || export PIP_CERT=${PIP_CERT:-$SSL_CERT_FILE} # pip asks a variable of its own
provide_python
[ -z "$changed" ] || echo "set-up: complete" >&2
