#!/usr/bin/env bash
# Runs the environment's uv as pip is set up on this machine: the same index, the system's own certificates.
set -euo pipefail
bin=$(dirname "${BASH_SOURCE[0]}")/../.venv/bin
index=${PIP_INDEX_URL:-$("$bin/python" -m pip config get global.index-url 2>/dev/null || true)}
[ -z "$index" ] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}
[ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE=${SSL_CERT_FILE:-$PIP_CERT}
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
exec "$bin/uv" "$@"
