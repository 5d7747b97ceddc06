#!/usr/bin/env bash
# Builds if needed and runs the benchmark against a real ovsdb-server; results in bench-results/. Arguments as io.ovnegress.it.bench.Bench
# takes them, such as --quick. With "micro" first: the inner pieces by JMH, arguments are patterns of their names. With "dataplane"
# (alone, as root): real packets, once for each version of OVN in $OVN (default: 23.03 and 25.03) on Open vSwitch $OVS (default: 3.5).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
dataplane=
[[ " $* " != *" dataplane "* ]] || dataplane=--packets
it/scripts/install-packages.sh $dataplane
it/scripts/build.sh
# shellcheck source=../../.mvn/find-jdk.sh
. .mvn/find-jdk.sh
find_jdk 21 java
mkdir -p bench-results
if [ "${1:-}" = micro ]; then
  exec "$JAVA_HOME/bin/java" -cp "it/target/classes:it/target/lib/*" io.ovnegress.it.jmh.Main "${@:2}"
fi
bench() { # JVM options are those before --
  local options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  # Room for the young generation: the replays' bytes are kept beside the controller's own rows.
  "$JAVA_HOME/bin/java" -Xmx2g -Xmn512m -XX:+UseParallelGC -XX:ParallelGCThreads=2 -XX:MaxTenuringThreshold=0 --enable-native-access=ALL-UNNAMED \
    -Dlogback.configurationFile=it-logback.xml -Dstdout.encoding=UTF-8 "${options[@]}" \
    -cp "it/target/classes:it/target/lib/*" io.ovnegress.it.bench.Bench "${@:2}"
}
if [ -n "$dataplane" ]; then
  for ovn in ${OVN:-23.03 25.03}; do
    bench "-Dovn.version=$ovn" "-Dovs.version=${OVS:-3.5}" -- --out="bench-results/dataplane-$ovn.json" "$@"
  done
else
  bench -- "$@"
fi
