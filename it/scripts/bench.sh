#!/usr/bin/env bash
# Builds if needed and runs the benchmark against a real ovsdb-server; results in bench-results/. Arguments as io.ovnegress.it.bench.Bench
# takes them, such as --quick. With "micro" first: the inner pieces by JMH, arguments are patterns of their names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
it/scripts/install-packages.sh
it/scripts/build.sh
# shellcheck source=../../.mvn/find-jdk.sh
. .mvn/find-jdk.sh
find_jdk 21 java
mkdir -p bench-results
if [ "${1:-}" = micro ]; then
  exec "$JAVA_HOME/bin/java" -cp "it/target/classes:it/target/lib/*" io.ovnegress.it.jmh.Main "${@:2}"
fi
# Room for the young generation: the replays' bytes are kept beside the controller's own rows.
exec "$JAVA_HOME/bin/java" -Xmx2g -Xmn512m -XX:+UseParallelGC -XX:ParallelGCThreads=2 -XX:MaxTenuringThreshold=0 --enable-native-access=ALL-UNNAMED \
  -Dlogback.configurationFile=it-logback.xml -Dstdout.encoding=UTF-8 \
  -cp "it/target/classes:it/target/lib/*" io.ovnegress.it.bench.Bench "$@"
