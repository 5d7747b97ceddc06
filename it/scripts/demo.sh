#!/usr/bin/env bash
# Builds if needed and tells the story of io.ovnegress.it.demo.Demo. With KUBECONFIG set it uses that cluster's API.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
it/scripts/install-packages.sh
it/scripts/build.sh
# shellcheck source=../../.mvn/find-jdk.sh
. .mvn/find-jdk.sh
find_jdk 21 java
exec "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
  -Dlogback.configurationFile=it-logback.xml -Dstdout.encoding=UTF-8 \
  -cp "it/target/classes:it/target/lib/*" io.ovnegress.it.demo.Demo "$PWD/ovn-egress"
