#!/usr/bin/env bash
# Writes the locks: what the product needs, what its wheel is built with, both with all that tests need, and the peers
# of `make bench`, which share versions with the product as far as they can.
# Arguments go to pip-compile: `make lock ARGS=--upgrade`. The locks name no server, so they serve behind any mirror.
set -euo pipefail
cd "$(dirname "$0")/.."

export CUSTOM_COMPILE_COMMAND="make lock"
compile() {
    .venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
        --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host "$@"
}
group() { .venv/bin/python -c "
import tomllib
with open('pyproject.toml', 'rb') as file:
    project = tomllib.load(file)
print(*$1, sep='\n')"; }

inputs=$(mktemp -d)
trap 'rm -rf "$inputs"' EXIT
group "project['build-system']['requires']" >"$inputs/build.in"
echo editables >>"$inputs/build.in" # hatchling asks for it when it installs a checkout in place
group "project['dependency-groups']['dev']" >"$inputs/dev.in"
group "project['dependency-groups']['bench']" >"$inputs/bench.in"

compile "$@" --output-file requirements.txt pyproject.toml requirements.in
compile "$@" --no-annotate --output-file requirements-build.txt --constraint requirements.txt "$inputs/build.in"
compile "$@" --no-annotate --output-file requirements-dev.txt --constraint requirements.txt \
    --constraint requirements-build.txt pyproject.toml requirements.in "$inputs/build.in" "$inputs/dev.in"

grep -oE '^[a-z][^ ]*==[^ ;]+' requirements.txt | grep -v '^graphql-core==' >"$inputs/shared.txt"
compile "$@" --no-annotate --output-file requirements-bench.txt --constraint "$inputs/shared.txt" "$inputs/bench.in"
