#!/usr/bin/env bash
# Sends real packets through a lab of network namespaces, as root, once for each version of OVN in $OVN (default: 23.03 and 25.03) on
# Open vSwitch $OVS (default: 3.5, whose userspace datapath serves both). Versions that are not installed come from ovn.sh. The tests
# are those tagged packets, or of them what Maven's -Dtest would name. One version after the other, since they count what is
# lost in milliseconds; a failure in one does not hold back the other.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
ovs=${OVS:-3.5}
[ "$(id -u)" = 0 ] || { echo "test-packets: network namespaces need root" >&2; exit 2; }
it/scripts/ovn.sh programs "$ovs" >/dev/null || exit
verdicts=()
failed=0
for ovn in ${OVN:-23.03 25.03}; do
  verdict=passed
  it/scripts/ovn.sh programs "$ovn" >/dev/null &&
    ./mvnw -B --no-transfer-progress package -pl it -am -Dtest.excluded= -Dtest.forks=1 -Dgroups=packets "-Dtest=${1:-*Packets*Test}" \
      -Dovn.version="$ovn" -Dovs.version="$ovs" -Dsurefire.reportNameSuffix="OVN $ovn" -Dsurefire.failIfNoSpecifiedTests=false ||
    { verdict=FAILED && failed=1; }
  verdicts+=("packets, OVN $ovn on Open vSwitch $ovs: $verdict")
done
printf '%s\n' "${verdicts[@]}"
exit $failed
