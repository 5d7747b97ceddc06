#!/usr/bin/env bash
# Runs Maven with what the tests in containers need: a container engine, and an image of OVN central for each Debian release below
# whose OVN is not the installed one; that one is tested as it is, and not once more. Never fails for want of an engine: then
# Maven runs with OVN_EGRESS_NO_IMAGES saying why, and the tests are skipped with that reason.
#
#   containers.sh run MAVEN ARGUMENTS...
#
# The engine is the one of DOCKER_HOST or /var/run/docker.sock. Where none answers and we are root, one is started for the time of
# the command, in a directory of its own: no firewall rule, and its bridge docker0 goes with it. The images are built from
# deploy/images/ovn-central in an engine that was there, and from the packages of ovn.sh, which needs no registry, for our own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
image=deploy/images/ovn-central
releases=(bookworm trixie) # OVN 23.03, OVN 25.03
own=
bridge=docker0

say() { echo "containers: $*" >&2; }

answers() { timeout 10 docker version >/dev/null 2>&1; }

# Sets $why and returns 1 if there is no engine.
find_engine() {
  if command -v docker >/dev/null && answers; then
    say "using the engine that is there"
    return
  fi
  if [ "$(id -u)" != 0 ]; then
    why="no container engine answers, and only root can start one"
    return 1
  fi
  if ! command -v docker >/dev/null || ! command -v dockerd >/dev/null || ! command -v mmdebstrap >/dev/null; then
    why="no container engine answers, and docker.io or mmdebstrap is not installed"
    return 1
  fi
  own=$(mktemp -d "${TMPDIR:-/tmp}/ovn-egress-engine.XXXXXX")
  export DOCKER_HOST=unix://$own/engine.sock
  [ ! -e /sys/class/net/$bridge ] || bridge= # somebody else's
  setsid dockerd --data-root "$own/data" --exec-root "$own/exec" -p "$own/engine.pid" -H "$DOCKER_HOST" \
    --iptables=false --ip-forward=false --ip 127.0.0.1 >"$own/engine.log" 2>&1 </dev/null &
  engine=$!
  local i
  for ((i = 0; i < 300; i++)); do
    if answers; then
      # Its watcher of left-over containers would come from a registry; the address would be guessed wrong inside a container.
      export TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1
      say "started an engine of our own in $own"
      return
    fi
    kill -0 "$engine" 2>/dev/null || break
    sleep 0.1
  done
  why="dockerd did not start: $(grep -iE 'fail|error' "$own/engine.log" | tail -n 1)"
  return 1
}

# What the files make of the image: another content, another tag.
tag() { echo "localhost/ovn-central:$1-$(cat "$image"/* | sha256sum | cut -c1-8)"; }

# An image for the release; says its name.
build_image() {
  local name release=$1 file
  name=$(tag "$release")
  if docker image inspect "$name" >/dev/null 2>&1; then
    echo "$name"
    return
  fi
  if [ -z "$own" ] && timeout 600 docker build -q --build-arg DEBIAN="$release" -t "$name" "$image" >&2; then
    echo "$name"
    return
  fi
  file=$(it/scripts/ovn.sh archive "$release") || return 1
  local work
  work=$(mktemp -d)
  cp "$file" "$work/root.tar"
  tar --append --file "$work/root.tar" --owner=0 --group=0 --mode=755 -C "$image" ./entrypoint.sh
  docker import -c 'EXPOSE 6641 6642' -c 'ENTRYPOINT ["/entrypoint.sh"]' "$work/root.tar" "$name" >/dev/null || name=
  rm -rf "$work"
  [ -n "$name" ] && echo "$name"
}

clean_up() {
  [ -n "$own" ] || return 0
  local containers
  containers=$(docker ps -aq 2>/dev/null || true)
  # shellcheck disable=SC2086 # one word each
  [ -z "$containers" ] || docker rm -f $containers >/dev/null 2>&1 || true
  kill "$engine" 2>/dev/null || true
  wait "$engine" 2>/dev/null || true
  [ -z "$bridge" ] || pgrep -x dockerd >/dev/null || ip link delete "$bridge" 2>/dev/null || true
  rm -rf "$own"
}

case ${1:-} in
run) shift ;;
*)
  sed -n '2,/^set/ { s/^# \{0,1\}//; /^set/q; p }' "${BASH_SOURCE[0]}" >&2
  exit 2
  ;;
esac
[ $# -gt 0 ] || { say "run what?"; exit 2; }
trap clean_up EXIT
began=$SECONDS
unset OVN_EGRESS_NO_IMAGES
wanted=()
installed=$(it/scripts/ovn.sh installed)
for release in "${releases[@]}"; do
  if [ "$release" = "$installed" ]; then
    say "not once more in a container: the OVN of $release, which is the installed one"
    set -- "$@" "-Dovn.$release.skip=true"
  else
    wanted+=("$release")
  fi
done
if find_engine; then
  for release in "${wanted[@]}"; do
    if name=$(build_image "$release"); then
      declare -x "OVN_EGRESS_IMAGE_${release^^}=$name"
      say "$name"
    else
      export OVN_EGRESS_NO_IMAGES="an image could not be built, see above"
    fi
  done
  say "ready after $((SECONDS - began)) s"
else
  export OVN_EGRESS_NO_IMAGES=$why
fi
[ -z "${OVN_EGRESS_NO_IMAGES:-}" ] || say "tests in containers are skipped: $OVN_EGRESS_NO_IMAGES"
"$@"
