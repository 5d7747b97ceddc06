#!/bin/sh
# New databases, two servers (unix sockets in /var/run/ovn, TCP 6641 and 6642), one line when both answer, then ovn-northd.
# In a running container: entrypoint.sh start|stop|kill nb|sb.
set -eu
run=${OVN_RUNDIR:-/var/run/ovn}
data=${OVN_DBDIR:-/var/lib/ovn}
export OVN_RUNDIR="$run"
mkdir -p "$run" "$data"

serve() { # nb|sb
  case $1 in nb) port=${OVN_NB_PORT:-6641} ;; sb) port=${OVN_SB_PORT:-6642} ;; esac
  db=$data/ovn$1_db.db
  [ -e "$db" ] || ovsdb-tool create "$db" "/usr/share/ovn/ovn-$1.ovsschema"
  ovsdb-server --detach --no-chdir --pidfile="$run/ovn$1_db.pid" --unixctl="$run/ovn$1_db.ctl" -vconsole:warn -vfile:off \
    --remote="punix:$run/ovn$1_db.sock" --remote="ptcp:$port:0.0.0.0" "$db"
}
case ${1:-} in
start) serve "$2" && exit ;;
stop)
  kill "$(cat "$run/ovn$2_db.pid")"
  while [ -e "$run/ovn$2_db.pid" ]; do sleep 0.05; done # it takes it away as the last thing
  exit
  ;;
kill) kill -9 "$(cat "$run/ovn$2_db.pid")" && exit ;;
esac
serve nb
serve sb
ovn-nbctl --db="unix:$run/ovnnb_db.sock" init
ovn-sbctl --db="unix:$run/ovnsb_db.sock" init
echo "ovn-central: northbound and southbound databases are ready"
exec ovn-northd --no-chdir --unixctl="$run/ovn-northd.ctl" -vconsole:warn -vfile:off \
  --ovnnb-db="unix:$run/ovnnb_db.sock" --ovnsb-db="unix:$run/ovnsb_db.sock"
