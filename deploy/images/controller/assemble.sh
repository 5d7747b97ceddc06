#!/usr/bin/env bash
# Puts everything that the controller's image adds to a Debian base into a directory, from the built sources:
#   deploy/images/controller/assemble.sh DIRECTORY
# The launcher, the jars, a Java runtime with the modules that they use, made by the JDK at hand, and from Java 25 on an AOT cache for them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
root=${1:?the directory to fill}
# shellcheck source=../../../.mvn/find-jdk.sh
. .mvn/find-jdk.sh
find_jdk 21 javac
home=$root/opt/ovn-egress
rm -rf "$root"
mkdir -p "$home/.mvn" "$home/ovn-controller/target" "$root/usr/lib/jvm"
cp ovn-egress ovn-egress.jvm ovn-egress.jvm25 LICENSE "$home/"
cp .mvn/find-jdk.sh "$home/.mvn/"
find ovn-controller/target -maxdepth 1 -name 'ovn-controller-*.jar' ! -name '*-sources.jar' ! -name '*-tests.jar' \
  -exec cp {} "$home/ovn-controller/target/" \;
cp -r ovn-controller/target/lib "$home/ovn-controller/target/"
# jdk.crypto.ec: TLS; jdk.httpserver: metrics and probes; jdk.management: metrics of the JVM; jdk.jcmd: thread and heap dumps;
# jdk.unsupported: netty, guava; java.desktop: property editors that Jackson and logback look for.
"$JAVA_HOME/bin/jlink" --output "$root/usr/lib/jvm/java" --strip-debug --no-header-files --no-man-pages --compress zip-6 \
  --add-modules java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.security.jgss,java.sql,java.xml,jdk.crypto.ec,jdk.httpserver,jdk.jcmd,jdk.jfr,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs
export JAVA_HOME=$root/usr/lib/jvm/java
if [ "$(java_version "$JAVA_HOME")" -ge 25 ]; then
  # The program starts, finds no server, and is told to end: the JVM then writes down what it has loaded and linked (JEP 514). The cache
  # is good for exactly this runtime and these jars, wherever they are put, if they keep their times.
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  printf '%s\n' 'apiVersion: v1' 'kind: Config' 'clusters: [{name: none, cluster: {server: "http://127.0.0.1:1"}}]' \
    'contexts: [{name: none, context: {cluster: none, user: none}}]' 'current-context: none' 'users: [{name: none, user: {}}]' >"$work/kubeconfig"
  OVN_EGRESS_JAVA_OPTS="-XX:AOTCacheOutput=$work/cache" timeout --signal=TERM 10 "$home/ovn-egress" run --kubeconfig="$work/kubeconfig" \
    --nb-address="unix:$work/none" --metrics-bind-address=127.0.0.1:0 >"$work/log" 2>&1 || true # ended by the signal
  mv "$work/cache" "$home/ovn-egress.aot" || { cat "$work/log" >&2; exit 1; }
  OVN_EGRESS_JAVA_OPTS=-XX:AOTMode=on "$home/ovn-egress" --version >/dev/null # refuses a cache that does not fit
fi
chmod -R a+rX "$root"
