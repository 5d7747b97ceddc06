#!/usr/bin/env bash
# Says where a promtool is: that of PATH, else the one of Debian's package prometheus, which is taken out of it, once, into the cache
# directory below; nothing is installed or started. Exit code 2 and why, if there is none.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ovn-egress/promtool

if command -v promtool; then
  exit 0
fi
mkdir -p "$cache"
exec 8>"$cache/lock"
flock 8
if ! [ -x "$cache/promtool" ]; then
  work=$(mktemp -d "$cache/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  echo "promtool: taking one out of Debian's package prometheus into $cache, once" >&2
  if ! (cd "$work" && apt-get download prometheus && dpkg-deb --extract ./prometheus_*.deb .) >/dev/null 2>&1 ||
    ! "$work/usr/bin/promtool" --version >/dev/null 2>&1; then
    echo "promtool cannot be had: install it (Debian: prometheus)" >&2
    exit 2
  fi
  mv "$work/usr/bin/promtool" "$cache/promtool"
fi
echo "$cache/promtool"
