#!/usr/bin/env bash
# Takes the rows of ovn-egress out of OVN_Northbound in one transaction, and nothing else. For going back to ovnkube's own EgressIP
# feature (docs/operations.md, "Hand back to ovnkube") or for leaving. The controller must not run: it would put them back.
#
#   deploy/tools/remove-rows.sh [--dry-run] [--baseline] [OVN-NBCTL OPTIONS such as --db=ssl:HOST:6641 -p KEY -c CERT -C CA]
#
# --dry-run prints the transaction instead; --baseline leaves the rows of pods (reroute policies and SNATs) where they are.
set -euo pipefail
dry_run=
owner='external_ids:ovn-egress.io/owner!=""'
while :; do
  case ${1:-} in
    --dry-run) dry_run=yes ;;
    --baseline) owner='external_ids:ovn-egress.io/owner=Baseline' ;;
    *) break ;;
  esac
  shift
done
nbctl=(ovn-nbctl --no-leader-only "$@")
[ -n "$dry_run" ] || nbctl=(ovn-nbctl "$@")

ours() { # TABLE: the rows that carry our mark
  "${nbctl[@]}" --bare --columns=_uuid find "$1" "$owner" | grep . || true
}
parents() { # TABLE COLUMN CHILD...: "UUID CHILD..." for each row of TABLE that has one of the children
  local table=$1 column=$2 parent children
  shift 2
  [ $# -gt 0 ] || return 0
  for parent in $("${nbctl[@]}" --bare --columns=_uuid list "$table"); do
    children=$(comm -12 <(printf '%s\n' "$@" | sort) \
      <("${nbctl[@]}" --bare get "$table" "$parent" "$column" | tr -d '[] ' | tr , '\n' | sort) | tr '\n' ' ')
    [ -z "$children" ] || echo "$parent $children"
  done
}

mapfile -t nats < <(ours nat)
mapfile -t policies < <(ours logical_router_policy)
mapfile -t qos < <(ours qos)
mapfile -t sets < <(ours address_set)
echo "rows of ovn-egress: ${#nats[@]} NAT, ${#policies[@]} policies, ${#qos[@]} QoS, ${#sets[@]} address sets" >&2

transaction=()
detach() { # TABLE COLUMN CHILD...
  local table=$1 column=$2 line
  while read -r -a line; do
    [ ${#line[@]} -gt 0 ] || continue
    [ ${#transaction[@]} -eq 0 ] || transaction+=(--)
    transaction+=(remove "$table" "${line[0]}" "$column" "${line[@]:1}")
  done < <(parents "$@")
}
detach logical_router nat "${nats[@]}"
detach logical_router policies "${policies[@]}"
detach logical_switch qos_rules "${qos[@]}"
for set in "${sets[@]}"; do
  [ ${#transaction[@]} -eq 0 ] || transaction+=(--)
  transaction+=(destroy address_set "$set")
done
[ ${#transaction[@]} -gt 0 ] || exit 0
if [ -n "$dry_run" ]; then
  printf '%s ' "${transaction[@]}"
  echo
else
  "${nbctl[@]}" "${transaction[@]}"
fi
