#!/usr/bin/env bash
# Builds an image with a local container engine: deploy/tools/image.sh [controller|squid] [NAME]. The controller's is the default, and
# the names are ovn-egress:dev and ovn-egress-squid:dev. With a registry this is docker build with the Dockerfiles of deploy/images.
# Where that cannot fetch its bases, the same is put together, as root, from Debian packages that mmdebstrap unpacks and, for the
# controller, from the sources built here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
which=controller
case ${1:-} in
controller | squid)
  which=$1
  shift
  ;;
esac
case $which in
controller)
  name=${1:-ovn-egress:dev}
  context=.
  ;;
squid)
  name=${1:-ovn-egress-squid:dev}
  context=deploy/images/squid
  ;;
esac
file=deploy/images/$which/Dockerfile
timeout 10 docker version >/dev/null || { echo "image: no container engine answers" >&2; exit 2; }
if [ -z "${OVN_EGRESS_NO_REGISTRY:-}" ] && docker build -f "$file" -t "$name" "$context"; then
  exit 0
fi
echo "image: not from a registry; putting it together here" >&2
if [ "$(id -u)" != 0 ] || ! command -v mmdebstrap >/dev/null; then
  echo "image: that needs root and mmdebstrap" >&2
  exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
debian() { # what mmdebstrap is to do and to include
  mmdebstrap --quiet "$@" --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$work/root.tar" >&2
}
case $which in
controller)
  ./mvnw -B -q -DskipTests package -pl it -am
  deploy/images/controller/assemble.sh "$work/image"
  debian --variant=extract --include=bash,dash,coreutils,findutils,sed,base-files,libc-bin,zlib1g
  tar --append --file "$work/root.tar" --owner=0 --group=0 -C "$work/image" ./opt/ovn-egress ./usr/lib/jvm
  ;;
squid) debian --variant=minbase --include=squid ;;
esac
# The instructions of the Dockerfile's last stage.
options=(-c 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin')
while IFS= read -r line; do
  options+=(-c "$line")
done < <(tac "$file" | sed '/^FROM /q' | tac | grep -E '^(ENV|USER|EXPOSE|ENTRYPOINT|CMD) ')
docker import "${options[@]}" "$work/root.tar" "$name" >/dev/null
docker image inspect --format "image: $name, {{.Size}} bytes" "$name" >&2
