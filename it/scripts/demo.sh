#!/usr/bin/env bash
# Builds if needed and tells the story of io.ovnegress.it.demo.Demo. With KUBECONFIG set it uses that cluster's API.
# Arguments as the demo takes them, see --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# Real packets need root, network namespaces and the node's programs; without them the demo asks ovn-trace and says so.
if [ "$(id -u)" = 0 ] && [ "$(uname)" = Linux ] && [[ " $* " != *" --no-packets "* ]]; then
  it/scripts/install-packages.sh --packets || it/scripts/install-packages.sh
else
  it/scripts/install-packages.sh
fi
it/scripts/build.sh
# shellcheck source=../../.mvn/find-jdk.sh
. .mvn/find-jdk.sh
find_jdk 21 java
exec "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
  -Dlogback.configurationFile=it-logback.xml -Dstdout.encoding=UTF-8 \
  -cp "it/target/classes:it/target/lib/*" io.ovnegress.it.demo.Demo "$PWD/ovn-egress" "$@"
