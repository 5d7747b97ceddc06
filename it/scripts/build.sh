#!/usr/bin/env bash
# Compiles and packages without tests, unless nothing has changed since the last time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
stamp=it/target/.built
sources=(pom.xml ./*/pom.xml ovsdb-model/src reconciler/src ovn-controller/src it/src/main)
if [ -e "$stamp" ] && [ -z "$(find "${sources[@]}" -newer "$stamp" -type f -print -quit)" ]; then
  exit 0
fi
echo "building (dependencies are downloaded the first time)" >&2
./mvnw -B -q package -DskipTests -Dspotless.check.skip >&2
touch "$stamp"
