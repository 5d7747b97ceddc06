#!/usr/bin/env bash
# Builds if needed and runs random histories against a real ovsdb-server. Arguments as io.ovnegress.it.chaos.Chaos takes them, such as
# --histories 1000 or --seed 17. With another version of OVN in $OVN (25.03): the server and the schema of that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
it/scripts/install-packages.sh
it/scripts/build.sh
# shellcheck source=../../.mvn/find-jdk.sh
. .mvn/find-jdk.sh
find_jdk 21 java
exec "$JAVA_HOME/bin/java" -Xmx512m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED ${OVN:+"-Dovn.version=$OVN"} \
  -Dlogback.configurationFile=it-logback.xml -Dstdout.encoding=UTF-8 \
  -cp "it/target/classes:it/target/lib/*" io.ovnegress.it.chaos.Chaos "$@"
