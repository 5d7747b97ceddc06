#!/usr/bin/env bash
# OVN and Open vSwitch in other versions than the installed ones, out of the packages of a Debian release; nothing is installed.
#
#   ovn.sh programs VERSION   prints a directory with bin/ and share/ of that version, of OVN (23.03, 25.03) or of Open vSwitch
#                             (3.1, 3.5); an empty line if that is the installed one
#   ovn.sh archive RELEASE    prints the path of a root file system with them as a tar file (bookworm, trixie)
#   ovn.sh installed          prints the release whose OVN is the installed one, or an empty line
#
# Made once by mmdebstrap, which needs no registry, and kept in the cache directory below; delete it to get newer packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ovn-egress/ovn
declare -A ovn=([bookworm]=23.03 [trixie]=25.03) ovs=([bookworm]=3.1 [trixie]=3.5)

die() {
  echo "ovn: $*" >&2
  exit 2
}

# The first two parts of what a program calls its version; nothing if it is not installed.
version() { "$1" --version 2>/dev/null | sed -n '1 s/.* \([0-9]*\.[0-9]*\)\..*/\1/p'; }

# Unpacked only: no emulation, half the size.
archive() {
  local file=$cache/$1.tar
  mkdir -p "$cache"
  exec 8>"$cache/lock"
  flock 8
  if ! [ -e "$file" ]; then
    command -v mmdebstrap >/dev/null || die "mmdebstrap is needed to get what is in Debian $1"
    mmdebstrap --quiet --variant=extract \
      --include=ovn-central,ovn-host,openvswitch-switch,dash,coreutils,base-files,libc-bin \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' "$1" "$file.new.tar" >&2 || die "Debian $1 cannot be had here"
    mv "$file.new.tar" "$file"
  fi
  exec 8>&-
  echo "$file"
}

# Each program with the libraries of its release, by a script of its name.
unpack() {
  local file=$1 directory=$2 work=$2.new root=$2.new/root loader libraries program
  mkdir -p "$work/bin" "$root"
  tar -xf "$file" -C "$root" --exclude=./dev
  libraries=$(cd "$root" && find usr/lib lib -maxdepth 2 -name 'libc.so.*' -printf '%h\n' | sort -u | paste -sd:)
  loader=$(cd "$root" && find usr/lib lib -maxdepth 2 -name 'ld-linux*.so.*' | head -n 1)
  libraries=$directory/root/${libraries//:/:$directory/root/}
  # ovs-vswitchd is one of several in a folder of its own, among which the installed one would be a link.
  for program in "$root"/usr/{bin,sbin,lib/openvswitch-switch}/ov[ns]*; do
    [ "$(head -c 4 "$program" | tail -c 3)" = ELF ] || continue
    printf '#!/bin/sh\nexec %q --library-path %q --argv0 "$0" %q "$@"\n' "$directory/root/$loader" "$libraries" \
      "$directory/root/${program#"$root/"}" >"$work/bin/${program##*/}"
    chmod +x "$work/bin/${program##*/}"
  done
  ln -s root/usr/share "$work/share"
  mv "$work" "$directory"
}

programs() {
  local release found=
  for release in "${!ovn[@]}"; do
    case $1 in
    "${ovn[$release]}") [ "$(version ovn-northd)" != "$1" ] || { echo && return; } ;;
    "${ovs[$release]}") [ "$(version ovsdb-server)" != "$1" ] || { echo && return; } ;;
    *) continue ;;
    esac
    found=$release
  done
  [ -n "$found" ] || die "version $1 is not among those of OVN (${ovn[*]}) and Open vSwitch (${ovs[*]})"
  local file directory=$cache/$found
  file=$(archive "$found")
  exec 9>"$cache/unpack.lock"
  flock 9
  [ -d "$directory" ] || { rm -rf "$directory.new" && unpack "$file" "$directory"; }
  exec 9>&-
  echo "$directory"
}

installed() {
  local release
  for release in "${!ovn[@]}"; do
    [ "$(version ovn-northd)" != "${ovn[$release]}" ] || echo "$release"
  done
}

case ${1:-} in
programs) programs "${2:?which version}" ;;
archive) archive "${2:?which release}" ;;
installed) installed ;;
*)
  sed -n '2,/^set/ { s/^# \{0,1\}//; /^set/q; p }' "${BASH_SOURCE[0]}" >&2
  exit 2
  ;;
esac
