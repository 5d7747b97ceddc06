#!/usr/bin/env bash
# Runs the tests that need a Kubernetes API against a real one: that of KUBECONFIG if it is set, which must be a cluster or an API
# server for tests only, else one that is started for them. Other tests can be named, as Maven's -Dtest takes them; with $OVN they
# run on another version of it (ovn.sh) than the installed one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ -z "${KUBECONFIG:-}" ]; then
  exec it/scripts/kube-apiserver.sh run it/scripts/test-kube.sh "$@"
fi
deploy/tools/kubectl.sh >/dev/null || true # it says what is skipped without
directory=$(realpath "$(dirname "$KUBECONFIG")")
options=()
if [ -n "${OVN:-}" ]; then
  it/scripts/ovn.sh programs "$OVN" >/dev/null
  options+=(-Dovn.version="$OVN" -Dsurefire.reportNameSuffix="OVN $OVN")
fi
[ ! -e "$directory/audit.log" ] || options+=(-Dovnegress.audit="$directory/audit.log")
[ ! -e "$directory/kube-apiserver.pid" ] || options+=(-Dovnegress.apiserver="$directory")
exec ./mvnw -B --no-transfer-progress package -pl it -am -Dovnegress.kubeconfig="$(realpath "$KUBECONFIG")" "${options[@]}" \
  -Dtest.excluded=timing,browser -Dtest.forks=1 -Dtest="${1:-io/ovnegress/it/*Test.java,Real*Test}" -Dsurefire.failIfNoSpecifiedTests=false
