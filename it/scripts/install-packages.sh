#!/usr/bin/env bash
# Installs the Debian packages that tests and demo start, if they are missing and we are root; otherwise says what is missing.
# Nothing is configured, started or left to start with the machine: tests start the programs in directories of their own. With
# --packets also what the lab with real packets needs, with --browser what looks at the page. With --all what is needed without, and
# what the lab needs, a container engine, mmdebstrap and a kubectl (which is not
# installed, see deploy/tools/kubectl.sh), as far as they can be had: without them tests are skipped, and say so.
set -euo pipefail

declare -A needed=(
  [ovn-northd]="ovn-central: ovn-northd, and the schemas of the northbound and southbound databases"
  [ovn-nbctl]="ovn-common: ovn-nbctl, ovn-sbctl and ovn-trace"
  [ovsdb-server]="openvswitch-switch: ovsdb-server, ovsdb-tool and ovsdb-client"
  [dnsmasq]="dnsmasq-base: the DNS server of firewalls' tests"
  [openssl]="openssl: certificates for the tests of TLS"
  [ovn-controller]="ovn-host: ovn-controller"
  [ip]="iproute2: network namespaces"
  [ethtool]="ethtool: switches checksum offload off"
  [iptables]="iptables: counts packets outside"
  [curl]="curl: asks the web server outside"
  [squid]="squid: the HTTP proxy of EgressProxies, whose tests start it themselves"
  [dockerd]="docker.io: a container engine"
  [mmdebstrap]="mmdebstrap: makes images without a registry"
  [chromium]="chromium: the browser that looks at the page"
  [chromedriver]="chromium-driver: drives it"
)
programs=(ovn-northd ovn-nbctl ovsdb-server openssl dnsmasq)
[ "${1:-}" != --packets ] || programs+=(ovn-controller ip ethtool curl mmdebstrap squid iptables)
[ "${1:-}" != --browser ] || programs+=(chromium chromedriver)
optional=
if [ "${1:-}" = --all ]; then
  "${BASH_SOURCE[0]}"
  "$(dirname "${BASH_SOURCE[0]}")/../../deploy/tools/kubectl.sh" >/dev/null || true
  optional=yes
  programs=(ovn-controller ip ethtool curl)
  if ! timeout 10 docker version >/dev/null 2>&1; then programs+=(dockerd mmdebstrap); fi
fi
missing=()
for program in "${programs[@]}"; do
  if ! command -v "$program" >/dev/null; then
    missing+=("${needed[$program]%%:*}")
    echo "$program is missing; it comes with ${needed[$program]}" >&2
  fi
done
[ ${#missing[@]} -gt 0 ] || { echo "packages: nothing to install${optional:+ for packets and containers}" >&2; exit 0; }

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "install the packages ${missing[*]}, or run this as root on a Debian-like machine" >&2
  [ -z "$optional" ] || exit 0
  exit 2
fi
echo "installing ${missing[*]} with apt-get" >&2
# What starts with the machine: links of systemd and of System V.
enabled() {
  find /etc/systemd/system/*.wants /etc/systemd/system/*.requires /etc/rc[2-5].d/S* -type l 2>/dev/null | sort || true
}
disable_all_but() { # LINKS: what was enabled before
  local link
  comm -13 <(echo "$1") <(enabled) | while IFS= read -r link; do
    case $link in
    /etc/rc*) update-rc.d "$(sed 's/^S[0-9]*//' <<<"${link##*/}")" disable >&2 ;;
    *) rm -f "$link" ;; # as systemctl disable does it, which may be missing; the package does not put it back
    esac
  done
}
# The packages' services must not start: policy-rc.d answers 101 (forbidden) while they are installed.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
else
  policy=
fi
before=$(enabled)
trap '[ -z "$policy" ] || rm -f "$policy"; disable_all_but "$before"' EXIT
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 || {
  apt-get update -q >&2
  apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
} || [ -n "$optional" ]
