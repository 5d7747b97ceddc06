#!/usr/bin/env bash
# Packs the command line as a plugin of kubectl, from the built sources:
#   deploy/tools/plugin.sh ARCHIVE.tar.gz
# and says the archive's sha256, which deploy/krew/egress.yaml has to have.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
archive=${1:?the archive to write}
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
mkdir -p "$files/.mvn" "$files/ovn-controller/target"
cp ovn-egress kubectl-egress ovn-egress.jvm ovn-egress.jvm25 LICENSE "$files/"
cp .mvn/find-jdk.sh "$files/.mvn/"
find ovn-controller/target -maxdepth 1 -name 'ovn-controller-*.jar' ! -name '*-sources.jar' ! -name '*-tests.jar' \
  -exec cp {} "$files/ovn-controller/target/" \;
cp -r ovn-controller/target/lib "$files/ovn-controller/target/"
tar -C "$files" -czf "$archive" .
sha256sum "$archive"
