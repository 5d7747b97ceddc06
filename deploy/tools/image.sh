#!/usr/bin/env bash
# Builds the controller's image with a local container engine: deploy/tools/image.sh [NAME], ovn-egress:dev by default.
# With a registry this is `docker build -f deploy/images/controller/Dockerfile`. Where that cannot fetch its bases, the same is put
# together from the sources built here and, as root, Debian packages that mmdebstrap unpacks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
name=${1:-ovn-egress:dev}
file=deploy/images/controller/Dockerfile
timeout 10 docker version >/dev/null || { echo "image: no container engine answers" >&2; exit 2; }
if [ -z "${OVN_EGRESS_NO_REGISTRY:-}" ] && docker build -f "$file" -t "$name" .; then
  exit 0
fi
echo "image: not from a registry; putting it together here" >&2
if [ "$(id -u)" != 0 ] || ! command -v mmdebstrap >/dev/null; then
  echo "image: that needs root and mmdebstrap" >&2
  exit 2
fi
./mvnw -B -q -DskipTests package -pl it -am
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
deploy/images/controller/assemble.sh "$work/image"
mmdebstrap --quiet --variant=extract --include=bash,dash,coreutils,findutils,sed,base-files,libc-bin,zlib1g \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$work/root.tar" >&2
tar --append --file "$work/root.tar" --owner=0 --group=0 -C "$work/image" ./opt/ovn-egress ./usr/lib/jvm
# The instructions of the Dockerfile's last stage.
options=(-c 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin')
while IFS= read -r line; do
  options+=(-c "$line")
done < <(sed -n '/^COPY --from/,$p' "$file" | grep -E '^(ENV|USER|EXPOSE|ENTRYPOINT|CMD) ')
docker import "${options[@]}" "$work/root.tar" "$name" >/dev/null
docker image inspect --format "image: $name, {{.Size}} bytes" "$name" >&2
