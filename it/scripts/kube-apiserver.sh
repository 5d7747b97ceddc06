#!/usr/bin/env bash
# A real Kubernetes API server, etcd and kube-apiserver alone, on loopback ports:
#
#   kube-apiserver.sh assets            obtains the two programs and prints the directory that has them
#   kube-apiserver.sh start DIRECTORY   starts them with everything they write in DIRECTORY, prints the path of a kubeconfig
#   kube-apiserver.sh again DIRECTORY   starts the server there once more, as it was, after it was killed
#   kube-apiserver.sh stop DIRECTORY    stops what was started there
#   kube-apiserver.sh run COMMAND...    starts, runs the command with KUBECONFIG set, stops; exits as the command does
#
# The programs come from KUBEBUILDER_ASSETS if it is set (a directory with etcd and kube-apiserver, as setup-envtest makes it).
# Otherwise they are built, once, from Debian 12's source package kubernetes (1.20.2): apt downloads it, Go 1.19 and etcd into the
# cache directory below; nothing is installed, configured or changed outside of it, and root is not needed. With two processors it
# takes about two minutes (four of processor time).
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ovn-egress/kube

say() { echo "kube-apiserver: $*" >&2; }
die() {
  say "$*"
  exit 2
}

# The directory with both programs.
assets() {
  if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    for program in etcd kube-apiserver; do
      [ -x "$KUBEBUILDER_ASSETS/$program" ] || die "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS has no $program"
    done
    echo "$KUBEBUILDER_ASSETS"
    return
  fi
  mkdir -p "$cache"
  # Two builds at a time would spoil each other's files.
  exec 8>"$cache/lock"
  flock 8
  if ! [ -x "$cache/bin/kube-apiserver" ] || ! [ -x "$cache/bin/etcd" ]; then
    build >&2
  fi
  exec 8>&-
  echo "$cache/bin"
}

# Runs an apt program on package lists of our own: the machine's sources, with their source packages.
own_apt() {
  local program=$1
  shift
  "$program" -q -o Dir::Etc::sourcelist="$cache/apt/sources.list" -o Dir::Etc::sourceparts="$cache/apt/sources.list.d" \
    -o Dir::State::lists="$cache/apt/lists" -o Dir::Cache="$cache/apt/cache" -o APT::Sandbox::User=root "$@"
}

own_sources() {
  mkdir -p "$cache"/apt/{sources.list.d,lists/partial,cache/archives/partial}
  : >"$cache/apt/sources.list"
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$file" ] || continue
    sed -n -e 's/^deb /&/p' -e 's/^deb /deb-src /p' "$file" >>"$cache/apt/sources.list"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -e "$file" ] || continue
    sed -e 's/^Types:.*/Types: deb deb-src/' "$file" >"$cache/apt/sources.list.d/${file##*/}"
  done
}

build() {
  local program
  for program in apt-get dpkg-deb tar xz; do
    command -v "$program" >/dev/null || die "building it needs $program; or set KUBEBUILDER_ASSETS or KUBECONFIG"
  done
  local began=$SECONDS work=$cache/build
  say "building it in $cache from Debian's source package, once; this takes some minutes"
  rm -rf "$work"
  mkdir -p "$work"/{packages,root,go/src/k8s.io/kubernetes} "$cache/bin"
  own_sources
  own_apt apt-get update || say "not all package lists could be read"
  own_apt apt-cache showsrc kubernetes | grep -q '^Version: 1\.20\.' ||
    die "no source package kubernetes 1.20 here (it is Debian 12's); set KUBEBUILDER_ASSETS or KUBECONFIG"
  cd "$work/packages"
  own_apt apt-get download etcd-server golang-1.19-go golang-1.19-src golang-github-modern-go-reflect2-dev
  own_apt apt-get source --download-only kubernetes
  for program in ./*.deb; do
    dpkg-deb -x "$program" "$work/root"
  done
  tar -xzf kubernetes_*.orig.tar.gz -C "$work/go/src/k8s.io/kubernetes" --strip-components=1
  # The vendored reflect2 does not know the maps of Go 1.18 and later: the server would crash at the first custom resource.
  local source=$work/go/src/k8s.io/kubernetes
  rm -rf "$source/vendor/github.com/modern-go/reflect2"
  cp -r "$work/root/usr/share/gocode/src/github.com/modern-go/reflect2" "$source/vendor/github.com/modern-go/"
  # Not by its Makefile, which generates what is in the archive already, but for one file; without the cloud providers, which are
  # half of the source; and not optimised, which takes two thirds
  # of the time.
  cd "$source"
  local go=(env -u GOFLAGS GOROOT="$work/root/usr/lib/go-1.19" GOPATH="$work/go" GOCACHE="$work/cache" GO111MODULE=off GOPROXY=off
    CGO_ENABLED=0 PATH="$work/root/usr/lib/go-1.19/bin:$PATH")
  "${go[@]}" go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
  "${go[@]}" "$work/openapi-gen" -O zz_generated.openapi -h hack/boilerplate/boilerplate.generatego.txt \
    -p k8s.io/kubernetes/pkg/generated/openapi --output-base "$work/go/src" -r "$work/report" -i "$(grep -rl --include='*.go' \
      '^// *+k8s:openapi-gen=' staging/src/k8s.io pkg | grep -vE 'code-generator|sample-apiserver|/testing/|_test.go|_examples' |
      xargs -n1 dirname | sort -u | sed -e 's,^staging/src/,k8s.io/kubernetes/vendor/,' -e 's,^pkg,k8s.io/kubernetes/pkg,' |
      paste -sd,)" 2>"$work/openapi-gen.log"
  local version=k8s.io/kubernetes/vendor/k8s.io/component-base/version
  "${go[@]}" go build -tags providerless -gcflags=all='-N -l' -o "$work/kube-apiserver" -ldflags "-s -w -X $version.gitVersion=v1.20.2 \
    -X $version.gitMajor=1 -X $version.gitMinor=20 -X $version.gitCommit=none -X $version.gitTreeState=clean" ./cmd/kube-apiserver
  install -m 755 "$work/root/usr/bin/etcd" "$cache/bin/etcd"
  install -m 755 "$work/kube-apiserver" "$cache/bin/kube-apiserver"
  cd "$cache"
  chmod -R u+w "$work"
  rm -rf "$work" "$cache/apt"
  say "built in $((SECONDS - began)) s: $cache/bin"
}
# A loopback port that nobody listens on, below those that the kernel hands out.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# Starts a program on its own, away from our terminal's signals: launch DIRECTORY NAME COMMAND...
launch() {
  local directory=$1 name=$2
  shift 2
  printf '%q ' "$@" >"$directory/$name.command"
  setsid "$@" >>"$directory/$name.log" 2>&1 </dev/null 8>&- &
  echo $! >"$directory/$name.pid"
}

alive() { kill -0 "$(cat "$1/$2.pid")" 2>/dev/null; }

# Waits until a command succeeds, as long as the program lives: await DIRECTORY NAME COMMAND...
await() {
  local directory=$1 name=$2 deadline=$((SECONDS + 60))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! alive "$directory" "$name" || [ $SECONDS -gt $deadline ]; then
      tail -n 20 "$directory/$name.log" >&2
      say "$name did not come up; all it said is in $directory/$name.log"
      return 1
    fi
    sleep 0.1
  done
}

answers() { (: >"/dev/tcp/127.0.0.1/$1"); }

# Whether the server is ready for everybody: its own first objects are there, and namespace default, which events need.
ready() {
  local url=$1 authorization=$2 ca=$3
  curl -fsS --cacert "$ca" -H "$authorization" "$url/readyz" &&
    curl -fsS --cacert "$ca" -H "$authorization" "$url/api/v1/namespaces/default"
}

start() {
  local directory=$1 programs token etcd_port peer_port port
  command -v openssl >/dev/null || die "openssl is needed for the keys"
  command -v curl >/dev/null || die "curl is needed to see when it is up"
  programs=$(assets)
  mkdir -p "$directory"
  directory=$(cd "$directory" && pwd)
  umask 077
  token=$(openssl rand -hex 16)
  echo "$token,admin,admin,system:masters" >"$directory/tokens.csv"
  openssl genrsa -out "$directory/service-account.key" 2048 2>/dev/null
  etcd_port=$(free_port)
  peer_port=$(free_port)
  port=$(free_port)
  launch "$directory" etcd "$programs/etcd" --data-dir "$directory/etcd" \
    --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
    --listen-peer-urls "http://127.0.0.1:$peer_port" --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" \
    --initial-cluster "default=http://127.0.0.1:$peer_port"
  await "$directory" etcd answers "$etcd_port" || return 1
  # What service accounts ask for: it is compared with what their roles grant.
  : >"$directory/audit.log"
  cat >"$directory/audit.yaml" <<'END'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  userGroups: [system:serviceaccounts]
- level: None
END
  # Nobody makes service accounts here: without this no pod could be created. There are no endpoints of the server's own either.
  launch "$directory" kube-apiserver "$programs/kube-apiserver" --etcd-servers "http://127.0.0.1:$etcd_port" \
    --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$port" --cert-dir "$directory/certificates" \
    --token-auth-file "$directory/tokens.csv" --authorization-mode RBAC --disable-admission-plugins ServiceAccount \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$directory/service-account.key" \
    --service-account-signing-key-file "$directory/service-account.key" --service-cluster-ip-range 10.96.0.0/16 \
    --endpoint-reconciler-type none --allow-privileged \
    --audit-policy-file "$directory/audit.yaml" --audit-log-path "$directory/audit.log"
  local ca=$directory/certificates/apiserver.crt
  cat >"$directory/kubeconfig" <<END
apiVersion: v1
kind: Config
clusters:
- name: local
  cluster:
    server: https://127.0.0.1:$port
    certificate-authority: $ca
contexts:
- name: local
  context:
    cluster: local
    user: admin
current-context: local
users:
- name: admin
  user:
    token: $token
END
  await_ready "$directory" || return 1
  echo "$directory/kubeconfig"
}

await_ready() {
  local directory=$1 url token
  url=$(sed -n 's/^ *server: //p' "$directory/kubeconfig")
  token=$(cut -d, -f1 "$directory/tokens.csv")
  await "$directory" kube-apiserver ready "$url" "Authorization: Bearer $token" "$directory/certificates/apiserver.crt"
}

again() {
  local directory command=()
  directory=$(cd "$1" && pwd)
  eval "command=($(cat "$directory/kube-apiserver.command"))"
  launch "$directory" kube-apiserver "${command[@]}"
  await_ready "$directory"
}

stop() {
  local directory=$1 name pid i
  for name in kube-apiserver etcd; do
    [ -e "$directory/$name.pid" ] || continue
    pid=$(cat "$directory/$name.pid")
    kill "$pid" 2>/dev/null || true
    for ((i = 0; i < 100; i++)); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$directory/$name.pid"
  done
}

run() {
  directory=$(mktemp -d "${TMPDIR:-/tmp}/ovn-egress-kube.XXXXXX")
  # What ends us, ends our group too, and may tell us twice: nothing stops the tidying up.
  trap 'exit 143' INT TERM HUP
  # shellcheck disable=SC2064 # the directory of now
  trap "trap '' INT TERM HUP; stop '$directory'; rm -rf '$directory'" EXIT
  local kubeconfig
  kubeconfig=$(start "$directory")
  say "running at $(sed -n 's/^ *server: //p' "$kubeconfig")"
  KUBECONFIG=$kubeconfig "$@"
}

case ${1:-} in
assets) assets ;;
start) start "${2:?the directory to run in}" ;;
again) again "${2:?the directory it runs in}" ;;
stop) stop "${2:?the directory it runs in}" ;;
run)
  shift
  [ $# -gt 0 ] || die "run what?"
  run "$@"
  ;;
*)
  sed -n '2,/^$/ { s/^# \{0,1\}//; /^set/q; p }' "${BASH_SOURCE[0]}" >&2
  exit 2
  ;;
esac
