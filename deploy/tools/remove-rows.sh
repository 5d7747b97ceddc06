#!/usr/bin/env bash
set -euo pipefail

help() {
  cat <<'TEXT'
Removes the rows of ovn-egress from OVN_Northbound, and nothing else: for going back to ovnkube's own EgressIP feature
(docs/operations.md, "Hand back to ovnkube") or for leaving. The controller must not run: it would put them back.

  deploy/tools/remove-rows.sh [--dry-run] [--uuid FILE] [--db SERVERS] [-p KEY -c CERT -C CA]

  --dry-run      lists what would be removed (table, row, router or switch, what it is) and removes nothing
  --uuid FILE    rows to be removed as well, a UUID a line: rows that were adopted from ovnkube and have become its own
                 again cannot be told from those that it wrote itself
  --db SERVERS   as for ovn-nbctl: unix:FILE, tcp:HOST:PORT, ssl:HOST:PORT, several with commas between them
                 (default: $OVN_NB_DB, else unix:/var/run/ovn/ovnnb_db.sock)
  -p, -c, -C     private key, certificate and authority for ssl:
  --help         says this

A row is ours if it carries our marks in external_ids, or a UUID that nobody else would have chosen for what it says:
so it is found as well where ovnkube has made it its own meanwhile.

Rows go in many transactions: reroute and drop policies and ACLs first, then SNATs, then what all of them need, at last
the routers of egress IPs' and egress routers' own, with their load balancers. A run that was cut off can be repeated.

Exit codes: 0 all are gone (or none was there), 1 the database did not do it, 2 wrong arguments.
Needs bash, coreutils, sed, grep, awk and ovsdb-client (which comes with Open vSwitch).
TEXT
}

usage() { echo "remove-rows.sh: $* (--help says more)" >&2; exit 2; }
failed() { echo "remove-rows.sh: $*" >&2; exit 1; }

dry_run=
more=
server=${OVN_NB_DB:-unix:${OVN_RUNDIR:-/var/run/ovn}/ovnnb_db.sock}
client=(ovsdb-client)
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) help; exit 0 ;;
    --dry-run) dry_run=yes ;;
    --uuid=*) more=${1#*=} ;;
    --db=*) server=${1#*=} ;;
    --private-key=* | --certificate=* | --ca-cert=*) client+=("$1") ;;
    --uuid | --db | -p | -c | -C | --private-key | --certificate | --ca-cert)
      [ $# -gt 1 ] || usage "$1 needs a value"
      case $1 in
        --uuid) more=$2 ;;
        --db) server=$2 ;;
        *) client+=("$1" "$2") ;;
      esac
      shift
      ;;
    *) usage "unknown argument $1" ;;
  esac
  shift
done
[ -z "$more" ] || [ -r "$more" ] || usage "--uuid: $more cannot be read"
command -v ovsdb-client >/dev/null || failed "ovsdb-client is not there: run it where ovn-nbctl is"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

database() { # query|transact OPERATION[,...]: one line, the reply
  local reply
  reply=$("${client[@]}" "$1" "$server" "[\"OVN_Northbound\",$2]") || failed "$server did not answer"
  case $reply in
    *'"error":"'*) failed "$server refused: $(grep -o '"error":"[^}]*' <<<"$reply" | head -1)" ;;
  esac
  printf '%s\n' "$reply"
}
rows() { # TABLE COLUMN[,...]: a row a line, as JSON; a quote inside of a value is escaped, so no value looks like an end of row
  database query "{\"op\":\"select\",\"table\":\"$1\",\"where\":[],\"columns\":[\"_uuid\",\"${2//,/\",\"}\"]}" \
    | sed 's/},{"/}\n{"/g'
}

uuid='[0-9a-f]\{8\}-[0-9a-f]\{4\}-[0-9a-f]\{4\}-[0-9a-f]\{4\}-[0-9a-f]\{12\}'
value() { # COLUMN: what a sed expression calls the text of a column, or one of one element
  printf '"%s":"\\([^"\\]*\\)"' "$1"
}

by_marks() { # TABLE < rows > "TABLE UUID"
  grep -e '\["ovn-egress\.io/owner","' -e '\["k8s\.ovn\.org/owner-controller","ovn-egress"\]' \
    | sed -n "s/.*\"_uuid\":\[\"uuid\",\"\($uuid\)\"\].*/$1 \1/p" || true
}
unmarked() { # < rows > those with a name-based UUID
  grep -v -e '\["ovn-egress\.io/owner","' -e '\["k8s\.ovn\.org/owner-controller","ovn-egress"\]' \
    | grep '"_uuid":\["uuid","[0-9a-f]*-[0-9a-f]*-3' || true
}
field() { # COLUMN... < rows > "UUID TEXT..." with tabs between them
  local column expression="s/.*\"_uuid\":\[\"uuid\",\"\($uuid\)\"\].*/\1/"
  sed "$expression" "$1" >"$work/fields"
  for column in "${@:2}"; do
    sed "s/.*$(value "$column").*/\1/" "$1" | paste "$work/fields" - >"$work/fields.new"
    mv "$work/fields.new" "$work/fields"
  done
  cat "$work/fields"
}
# A name-based UUID is computed from each name: MD5, of which a few bits say that it is one (RFC 9562, version 3).
by_uuid() { # TABLE < "UUID<tab>NAME" > "TABLE UUID" of those whose UUID is that of the name
  local table=$1 id name n=0
  rm -rf "$work/names" && mkdir "$work/names"
  while IFS=$'\t' read -r id name; do
    printf 'ovn-egress.io/%s' "$name" >"$work/names/$id.$((n++))"
  done
  (cd "$work/names" && find . -type f -print0 | xargs -0 -r md5sum) \
    | sed -n 's/^\(.\{8\}\)\(.\{4\}\).\(...\)\(.\)\(...\)\(.\{12\}\)  \.\/\(.\{36\}\)\..*/\1-\2-3\3-<\4>\5-\6 \7/
        s/<[048c]>/8/; s/<[159d]>/9/; s/<[26ae]>/a/; s/<[37bf]>/b/; p' \
    | awk -v table="$table" '$1 == $2 { print table, $2 }' | sort -u
}

echo "reading $server" >&2
rows NAT logical_ip,external_ip,external_ids >"$work/NAT"
rows Logical_Router_Policy priority,match,external_ids >"$work/Logical_Router_Policy"
rows QoS external_ids >"$work/QoS"
rows Address_Set name,external_ids >"$work/Address_Set"
rows ACL external_ids >"$work/ACL"
rows Port_Group name,acls >"$work/Port_Group"
rows Logical_Router name,policies,nat >"$work/Logical_Router"
rows Logical_Switch name,qos_rules,acls >"$work/Logical_Switch"

for table in NAT Logical_Router_Policy QoS Address_Set ACL; do
  by_marks "$table" <"$work/$table"
done >"$work/marked"

unmarked <"$work/NAT" >"$work/unmarked"
field "$work/unmarked" logical_ip external_ip | awk -F'\t' '{ print $1 "\tsnat/" $2 "/" $3 }' | by_uuid NAT >"$work/relabelled"
unmarked <"$work/Logical_Router_Policy" >"$work/unmarked"
field "$work/unmarked" match | awk -F'\t' '
  $2 == "pkt.mark == 42" { print $1 "\tallow/replies"; next }
  { words = split($2, word, " ") }
  words == 3 && word[1] ~ /^ip[46]\.src$/ { print $1 "\treroute/" word[3]; print $1 "\tdrop/" word[3] }
  words == 7 && word[3] ~ /^\$/ { print $1 "\tallow/pod-to-node/v" substr(word[1], 3, 1) }
  words == 7 && word[3] !~ /^\$/ {
    print $1 "\tallow/pod-to-pod/" word[3] "/" word[7]
    print $1 "\tallow/pod-to-join/" word[3] "/" word[7]
  }' | by_uuid Logical_Router_Policy >>"$work/relabelled"

: >"$work/named"
if [ -n "$more" ]; then
  for table in NAT Logical_Router_Policy QoS Address_Set ACL; do
    sed -n "s/.*\"_uuid\":\[\"uuid\",\"\($uuid\)\"\].*/\1/p" "$work/$table" | sort >"$work/there"
    grep -o "$uuid" "$more" | sort -u | comm -12 - "$work/there" | sed "s/^/$table /" || true
  done >"$work/named"
fi
sort -u "$work/marked" "$work/relabelled" "$work/named" >"$work/ours"

# What goes when: policies of pods, SNATs, exemptions, QoS, address sets.
# What leads to egress routers has the priority of exemptions, and goes with the policies of pods.
for priority in 102 500; do
  grep -v '"ovn-egress.io/feature","egress-router"' "$work/Logical_Router_Policy" | sed -n "s/.*\"_uuid\":\[\"uuid\",\"\($uuid\)\"\].*\"priority\":$priority[,}].*/\1/p; s/.*\"priority\":$priority[,}].*\"_uuid\":\[\"uuid\",\"\($uuid\)\"\].*/\1/p"
done >"$work/exemptions"
places() { # TABLE COLUMN CHILD-TABLE: "CHILD-TABLE CHILD TABLE COLUMN PARENT NAME" for each child
  awk -v table="$1" -v column="$2" -v children="$3" -v uuid="[0-9a-f-]+" '
    {
      id = $0; sub(/.*"_uuid":\["uuid","/, "", id); id = substr(id, 1, 36)
      name = $0; sub(/.*"name":"/, "", name); sub(/".*/, "", name)
      rest = $0
      if (!sub(".*\"" column "\":", "", rest)) next
      if (rest !~ /^\["set"/) { print children, substr(rest, 10, 36), table, column, id, name; next }
      sub(/\]\]\].*/, "", rest)
      n = split(rest, part, /\["uuid","/)
      for (i = 2; i <= n; i++) print children, substr(part[i], 1, 36), table, column, id, name
    }' "$work/$1"
}
{
  places Logical_Router policies Logical_Router_Policy
  places Logical_Router nat NAT
  places Logical_Switch qos_rules QoS
  places Port_Group acls ACL
  # That of an own router's switch goes with it: until then it keeps pods' addresses in.
  places Logical_Switch acls ACL | awk '$6 !~ /^egress(ip|router)_.*_outside$/'
  awk '$1 == "Address_Set" { print $1, $2, "Address_Set", "-", $2, "-" }' "$work/ours"
} | awk -v ours="$work/ours" -v exemptions="$work/exemptions" '
  BEGIN {
    while ((getline line <ours) > 0) wanted[line] = 1
    while ((getline line <exemptions) > 0) late[line] = 1
    step["Logical_Router_Policy"] = 1; step["NAT"] = 2; step["ACL"] = 1; step["QoS"] = 4; step["Address_Set"] = 5
  }
  ($1 " " $2) in wanted { print ($2 in late ? 3 : step[$1]), $0 }' | sort -k1,1n -k6,6 -s >"$work/removals"

# Routers of our own, by what they are called: egressip_OBJECT_ADDRESS, egressrouter_NAMESPACE_OBJECT_ADDRESS. With them goes what
# hangs on them, but for load balancers; and what is left where somebody has taken the router itself away.
own_names() { # TABLE: the names of its rows that carry our marks
  rows "$1" name,external_ids >"$work/named-rows"
  by_marks "$1" <"$work/named-rows" >"$work/own"
  field "$work/named-rows" name \
    | awk -F'\t' -v own="$work/own" 'BEGIN { while ((getline line <own) > 0) { split(line, word, " "); wanted[word[2]] = 1 } }
        $1 in wanted && $2 ~ /^egress(ip|router)_/ { print $2 }'
}
{
  own_names Logical_Router
  own_names Logical_Switch | sed 's/_outside$//'
  own_names HA_Chassis_Group
} | sort -u >"$work/own-routers"
by_marks Logical_Router_Static_Route < <(rows Logical_Router_Static_Route external_ids) >"$work/own-routes"
by_marks Load_Balancer < <(rows Load_Balancer external_ids) >"$work/own-balancers"

# Options of the cluster that were set as nobody else had: KEY=VALUE[,...], by what external_ids of NB_Global remember.
options=$(rows NB_Global external_ids | sed -n 's/.*\["ovn-egress\.io\/options","\([^"]*\)"\].*/\1/p')

count() { grep -c "^$1 " "$work/ours" || true; }
total=$(wc -l <"$work/removals")
echo "rows of ovn-egress: $(count NAT) NAT, $(count Logical_Router_Policy) policies, $(count QoS) QoS, $(count Address_Set) address sets, $(count ACL) ACLs;" \
  "$(wc -l <"$work/relabelled") of them are marked as ovnkube's; $(wc -l <"$work/own-routers") routers" >&2

if [ -n "$dry_run" ]; then
  awk '{ print $2, $3, ($4 == "Address_Set" ? "" : "of " $4 " " $7) }' "$work/removals"
  sed 's/.*/Logical_Router & with its ports, switch and group/' "$work/own-routers"
  [ -z "$options" ] || echo "NB_Global options $options"
  cat "$work/own-balancers"
  echo "nothing was removed (--dry-run)" >&2
  exit 0
fi

# One argument may have 128 KiB, and a UUID has 48 bytes here.
awk -v most=1000 '
  function reference(id) { return "[\"uuid\",\"" id "\"]" }
  function close_operation() { if (operation != "") operations = operations "," operation "]]]]}"; operation = "" }
  function close_transaction() { close_operation(); if (n > 0) print n, substr(operations, 2); operations = ""; n = 0; parent = "" }
  $1 != current || n >= most { close_transaction(); current = $1 }
  $4 == "Address_Set" {
    close_operation(); n++
    operations = operations ",{\"op\":\"delete\",\"table\":\"Address_Set\",\"where\":[[\"_uuid\",\"==\"," reference($3) "]]}"
    next
  }
  {
    n++
    if ($6 == parent && operation != "") { operation = operation "," reference($3); next }
    close_operation(); parent = $6
    operation = "{\"op\":\"mutate\",\"table\":\"" $4 "\",\"where\":[[\"_uuid\",\"==\"," reference($6) "]],\"mutations\":[[\"" $5 "\",\"delete\",[\"set\",[" reference($3)
  }
  END { close_transaction() }' "$work/removals" >"$work/transactions"

removed=0
told=$SECONDS
while read -r -u 3 rows operations; do
  database transact "$operations,{\"op\":\"comment\",\"comment\":\"remove-rows.sh\"}" >/dev/null \
    || failed "$removed of $total rows were removed; run it again for the rest"
  removed=$((removed + rows))
  if [ $((SECONDS - told)) -ge 2 ]; then
    told=$SECONDS
    echo "$removed of $total removed" >&2
  fi
done 3<"$work/transactions"
echo "$removed of $total removed" >&2

set_of() { # < UUIDs > ["set",[["uuid",...]]]
  sed 's/.*/["uuid","&"]/' | paste -sd, | sed 's/.*/["set",[&]]/'
}
named() { # TABLE NAME: a condition
  printf '"table":"%s","where":[["name","==","%s"]]' "$1" "$2"
}
awk '{ print $2 }' "$work/own-routes" | xargs -r -n 1000 | while read -r -a routes; do
  gone=$(printf '%s\n' "${routes[@]}" | set_of)
  database transact "{\"op\":\"mutate\",$(named Logical_Router ovn_cluster_router),\"mutations\":[[\"static_routes\",\"delete\",$gone]]}" >/dev/null
done
while read -r -u 3 name; do
  # Whether or not each is there: somebody may have taken some of it away.
  port=$(database query "{\"op\":\"select\",$(named Logical_Switch_Port "jtor-$name"),\"columns\":[\"_uuid\"]}" | { grep -o "$uuid" || true; })
  join=
  [ -z "$port" ] || join="{\"op\":\"mutate\",$(named Logical_Switch join),\"mutations\":[[\"ports\",\"delete\",$(set_of <<<"$port")]]},"
  database transact "$join{\"op\":\"update\",$(named Logical_Router_Port "rtoe-$name"),\"row\":{\"ha_chassis_group\":[\"set\",[]]}},{\"op\":\"delete\",$(named \
    Logical_Router "$name")},{\"op\":\"delete\",$(named Logical_Switch "${name}_outside")},{\"op\":\"delete\",$(named HA_Chassis_Group "$name")}" >/dev/null \
    || failed "$name was not removed; run it again"
done 3<"$work/own-routers"
if [ -n "$options" ]; then
  pairs=$(sed 's/\([^=,]*\)=\([^,]*\)/["\1","\2"]/g' <<<"$options")
  database transact "{\"op\":\"mutate\",\"table\":\"NB_Global\",\"where\":[],\"mutations\":[[\"options\",\"delete\",[\"map\",[$pairs]]],[\"external_ids\",\"delete\",[\"set\",[\"ovn-egress.io/options\"]]]]}" >/dev/null
  echo "options $options removed, as far as nobody has changed them" >&2
fi
while read -r -u 3 _ balancer; do
  database transact "{\"op\":\"delete\",\"table\":\"Load_Balancer\",\"where\":[[\"_uuid\",\"==\",[\"uuid\",\"$balancer\"]]]}" >/dev/null
done 3<"$work/own-balancers"
echo "$(wc -l <"$work/own-routers") routers, $(wc -l <"$work/own-balancers") load balancers removed" >&2
