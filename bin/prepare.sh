# Sourced by the other scripts: finds Python and makes .venv with everything installed, at most once per set of
# versions. It says what it does on standard error, and nothing at all when there is nothing to do.

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P)
venv="$root/.venv"
python="$venv/bin/python"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1

tell() { echo "$*" >&2; }

fail() {
    tell "$(basename -- "$0"): $*"
    exit 1
}

# Run a command that ends with this script, even if that is killed outright.
tied() {
    if command -v setpriv >/dev/null 2>&1; then setpriv --pdeathsig KILL "$@"; else "$@"; fi
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    fail "Python 3.11 or newer is needed and not found; on Debian or Ubuntu: apt-get install python3 python3-venv"
}

# uv is many times faster, but knows nothing of pip's index, certificates and wheel folders: where pip has settings
# of its own, pip is used.
uv_fits() {
    command -v uv >/dev/null 2>&1 && [ -z "${PIP_INDEX_URL-}${PIP_EXTRA_INDEX_URL-}${PIP_FIND_LINKS-}${PIP_CERT-}" ] &&
        [ ! -e /etc/pip.conf ] && [ ! -e "${XDG_CONFIG_HOME:-$HOME/.config}/pip/pip.conf" ] && [ ! -e "$HOME/.pip/pip.conf" ]
}

make_venv() {
    # Only a folder that was once complete, and whose Python is still there, is kept.
    if [ -e "$venv/made" ] && "$python" -c '' 2>/dev/null; then return; fi
    fill_venv
    : >"$venv/made"
}

fill_venv() {
    rm -rf "$venv"
    tied "$base" -m venv "$venv" >/dev/null 2>&1 && return
    rm -rf "$venv"
    if uv_fits && tied uv venv -q --python "$base" "$venv" 2>/dev/null; then return; fi
    rm -rf "$venv"
    # Debian splits ensurepip off; an installed pip can fill the folder from outside.
    if "$base" -m pip --version >/dev/null 2>&1 && tied "$base" -m venv --without-pip "$venv" 2>/dev/null; then return; fi
    rm -rf "$venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        tell "installing the package python3-venv"
        { tied apt-get -qq update && tied apt-get -qq install -y --no-install-recommends python3-venv; } >/dev/null 2>&1
        tied "$base" -m venv "$venv" >/dev/null 2>&1 && return
    fi
    rm -rf "$venv"
    fail "cannot make $venv with $base; on Debian or Ubuntu: apt-get install python3-venv"
}

install() {
    what="$root[$1]"
    if uv_fits && tied uv pip install -q --compile-bytecode --python "$python" -c "$root/constraints.txt" -e "$what"; then
        return
    fi
    if "$python" -m pip --version >/dev/null 2>&1; then
        tied "$python" -m pip install -qq -c "$root/constraints.txt" -e "$what"
    else
        tied "$base" -m pip --python "$python" install -qq -c "$root/constraints.txt" -e "$what"
    fi
}

# The stamp of what would be installed: the exact versions, the extras' lists, and where it all stands.
stamp() {
    { echo "$root"; cat "$root/constraints.txt" "$root/setup.cfg" "$root/pyproject.toml"; } | sha256sum | cut -d ' ' -f 1
}

# ready EXTRA [EXTRA ...]: tell whether .venv has these extras in today's versions
ready() {
    wanted=$(stamp)
    for extra in "$@"; do
        [ "$(cat "$venv/installed-$extra" 2>/dev/null)" = "$wanted" ] || return 1
    done
    "$python" -c '' 2>/dev/null
}

# prepare EXTRA [EXTRA ...]: make .venv have them
prepare() {
    ready "$@" && return
    # Two scripts at once: the second waits for the first, and then finds the work done.
    exec 9<"$root/bin"
    if command -v flock >/dev/null 2>&1; then flock 9; fi
    if ! ready "$@"; then
        began=$(date +%s)
        tell "preparing $venv (once; needs the network)"
        base=$(find_python) || exit 1
        rm -f "$venv"/installed-*
        make_venv
        install "$(echo "$*" | tr ' ' ',')" || fail "the installation failed; the lines above say why; run it again once that is mended"
        (cd "$root" && tied "$python" -m compileall -q cases channels config contactcentre workers) || true
        for extra in "$@"; do stamp >"$venv/installed-$extra"; done
        tell "prepared in $(($(date +%s) - began)) s"
    fi
    exec 9<&-
}
