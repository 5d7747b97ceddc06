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
cp ovn-egress kubectl-egress ovn-egress.jvm ovn-egress.jvm25 LICENSE "$home/"
cp .mvn/find-jdk.sh "$home/.mvn/"
find ovn-controller/target -maxdepth 1 -name 'ovn-controller-*.jar' ! -name '*-sources.jar' ! -name '*-tests.jar' \
  -exec cp {} "$home/ovn-controller/target/" \;
cp -r ovn-controller/target/lib "$home/ovn-controller/target/"
# jdk.crypto.ec: TLS; jdk.httpserver: metrics and probes; jdk.management: metrics of the JVM; jdk.jcmd: thread and heap dumps;
# jdk.unsupported: netty, guava; java.desktop: property editors that Jackson and logback look for.
"$JAVA_HOME/bin/jlink" --output "$root/usr/lib/jvm/java" --strip-debug --no-header-files --no-man-pages --compress zip-6 \
  --add-modules java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.security.jgss,java.sql,java.xml,jdk.crypto.ec,jdk.httpserver,jdk.jcmd,jdk.jfr,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs
jdk=$JAVA_HOME
export JAVA_HOME=$root/usr/lib/jvm/java
if [ "$(java_version "$JAVA_HOME")" -ge 25 ]; then
  # The program serves pods and moves them, is asked a question by another one, and is told to end: the JVM then writes down what it has loaded, linked and found worth
  # compiling (JEP 514, 515). The cache is good for exactly this runtime and these jars, wherever they are put, if they keep their times.
  command -v ovn-northd >/dev/null && [ -d it/target/lib ] || {
    echo "assemble: the AOT cache needs ovn-northd (package ovn-central) and the built module it: ./mvnw package -pl it -am" >&2
    exit 2
  }
  "$jdk/bin/java" --enable-native-access=ALL-UNNAMED -Dlogback.configurationFile=it-logback.xml \
    -cp "it/target/classes:it/target/lib/*" io.ovnegress.it.bench.Training "$home/ovn-egress" "$home/ovn-egress.aot" \
    "$home/ovn-egress-ask.aot" >&2
  # Refuses a cache that does not fit.
  OVN_EGRESS_JAVA_OPTS=-XX:AOTMode=on "$home/ovn-egress" run --help >/dev/null
  OVN_EGRESS_JAVA_OPTS=-XX:AOTMode=on "$home/ovn-egress" --version >/dev/null
fi
chmod -R a+rX "$root"
