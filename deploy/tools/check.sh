#!/usr/bin/env bash
# Checks the manifests without a cluster: every overlay can be built, what comes out has a namespace where it
# needs one, the dashboard is JSON, the alerts have their paragraph in the runbook, every metric that dashboard and alerts use is
# one that the code has and the README tells of, and the alerts answer to what they are for (if promtool can be had).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
failed=0
wrong() { echo "wrong: $*" >&2; failed=1; }

kubectl=$(deploy/tools/kubectl.sh) || exit 2
monitoring=deploy/components/monitoring
for overlay in deploy/overlays/*/; do
  manifests=$("$kubectl" kustomize "$overlay") || { wrong "$overlay cannot be built"; continue; }
  without=$(awk 'BEGIN { RS = "---\n" } !/\n  namespace: / && !/(^|\n)kind: ClusterRole(Binding)?\n/' <<<"$manifests")
  [ -z "$without" ] || wrong "$overlay: without a namespace: $without"
  grep -q '^ *namespace: default$' <<<"$manifests" || wrong "$overlay: the events' Role is not in namespace default"
done

python3 -m json.tool "$monitoring/dashboard.json" >/dev/null || wrong "the dashboard is not JSON"

# Of the controller, and of features, which name theirs without the beginning that all have.
known=$(find {ovn-controller,reconciler}/src/main/java -name '*.java' -exec cat {} + | tr -d ' \n' \
  | grep -oE '"ovn\.egress\.[a-z.]+"|"status\.[a-z]+"|Measure\("[a-z.]+"' | tr -d '"' \
  | sed -E 's/^status\./ovn.egress.status./; s/^Measure\(/ovn.egress./; s/\./_/g' | sort -u)
for metric in $(grep -hoE '\bovn_egress_[a-z_]+' "$monitoring"/*.yaml "$monitoring/dashboard.json" | sort -u); do
  base=$(sed -E 's/_(bucket|count|sum|max|total)$//; s/_(seconds|bytes)$//' <<<"$metric")
  grep -qx "$base" <<<"$known" || wrong "no metric $metric in the code"
done

told=$(sed -n '/^## Metrics/,/^## Limits/p' README.md | grep -oE '`ovn_egress_[a-z_]+`' | tr -d '`' \
  | sed -E 's/_total$//; s/_(seconds|bytes)$//' | sort -u)
for metric in $known; do
  grep -qx "$metric" <<<"$told" || wrong "the README says nothing about $metric"
done
for metric in $told; do
  grep -qx "$metric" <<<"$known" || wrong "the README tells of $metric, which the code does not have"
done

for alert in $(sed -n 's/.*- alert: //p' "$monitoring/prometheusrule.yaml"); do
  grep -q "^### $alert\$" docs/operations.md || wrong "docs/operations.md says nothing about $alert"
done

if promtool=$(deploy/tools/promtool.sh); then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  sed -n '/^spec:/,$p' "$monitoring/prometheusrule.yaml" | sed '1d; s/^  //' >"$work/rules.yaml"
  cp "$monitoring/alerts.test.yaml" "$work"
  "$promtool" check rules "$work/rules.yaml" >/dev/null || wrong "promtool refuses the rules"
  "$promtool" test rules "$work/alerts.test.yaml" || wrong "an alert does not answer to what it is for"
else
  echo "the alerts are not tried" >&2
fi
[ "$failed" = 0 ] && echo "deploy/: all checks held"
exit "$failed"
