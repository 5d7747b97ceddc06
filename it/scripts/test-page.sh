#!/usr/bin/env bash
# Looks at the page in a headless Chromium, on real controllers: the tests tagged browser, or of them what Maven's -Dtest would name.
# Screenshots are kept in it/target/screenshots.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec ./mvnw -B --no-transfer-progress package -pl it -am -Dtest.excluded= -Dtest.forks=1 -Dgroups=browser "-Dtest=${1:-*PageTest}" \
  -Dsurefire.failIfNoSpecifiedTests=false
