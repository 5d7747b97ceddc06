# shellcheck shell=bash
# java_version HOME: the feature release of the JDK or JRE there.
java_version() {
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

# find_jdk VERSION TOOL: exports JAVA_HOME of a JDK (TOOL=javac) or JRE (TOOL=java) of at least VERSION; 1 if there is none.
find_jdk() {
  local want=$1 tool=$2 candidate version
  local candidates=("${JAVA_HOME:-}")
  if command -v "$tool" >/dev/null; then
    candidates+=("$(dirname "$(dirname "$(readlink -f "$(command -v "$tool")")")")")
  fi
  # Newest last installed first: the directory names sort by version well enough once the digits are compared.
  while IFS= read -r candidate; do candidates+=("$candidate"); done < <(ls -d /usr/lib/jvm/*/ 2>/dev/null | sort -t- -k2 -V -r)
  for candidate in "${candidates[@]}"; do
    candidate=${candidate%/}
    [ -n "$candidate" ] && [ -x "$candidate/bin/$tool" ] && [ -r "$candidate/release" ] || continue
    version=$(java_version "$candidate")
    if [ "${version:-0}" -ge "$want" ]; then
      export JAVA_HOME=$candidate
      return 0
    fi
  done
  return 1
}
