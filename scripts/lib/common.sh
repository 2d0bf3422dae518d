# shellcheck shell=bash
# Sourced by every script here: messages, packages, ports, and small waits. It needs nothing but bash
# and coreutils, because the scripts start on machines where nothing else is installed yet.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export repository

# What a build needs. An entry `command:package` counts as present when the command is, wherever it
# came from; any other entry is a Debian package.
build_packages=(cmake:cmake ninja:ninja-build g++:g++ pkg-config:pkg-config libuv1-dev libhiredis-dev
  libyaml-cpp-dev prometheus-cpp-dev libfmt-dev libspdlog-dev libcli11-dev
  nlohmann-json3-dev doctest-dev)
cluster_packages=(redis-server:redis-server redis-cli:redis-tools)
export build_packages cluster_packages

# Messages go to stderr, so that the output of a script stays what it promises to print.
say() { printf '==> %s\n' "$*" >&2; }
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Prints the comment at the head of the calling script as its help text.
print_help() { sed -n '2,${/^#/!q;s/^# \{0,1\}//p}' "$0"; }

# need_value OPTION REMAINING_ARGUMENTS: an option that wants a value was given one.
need_value() { [[ $2 -ge 2 ]] || fail "$1 needs a value; see --help."; }

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

package_is_present() {
  local entry=$1
  if [[ $entry == *:* ]] && command -v "${entry%%:*}" >/dev/null; then return 0; fi
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "${entry##*:}" 2>/dev/null) == installed ]]
}

# require_packages ENTRY...: installs those that are missing, and only those.
require_packages() {
  local entry missing=()
  for entry in "$@"; do
    package_is_present "$entry" || missing+=("${entry##*:}")
  done
  [[ ${#missing[@]} -eq 0 ]] && return 0

  command -v apt-get >/dev/null ||
    fail "These packages are missing and there is no apt-get to install them: ${missing[*]}."
  if [[ $(id -u) -ne 0 ]] && ! { command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; }; then
    fail "These packages are missing and need root to install: apt-get install ${missing[*]}"
  fi
  say "installing ${missing[*]}"
  install_packages "${missing[@]}" ||
    fail "apt-get could not install ${missing[*]}; its own message stands above."
}

# Debian starts and enables a service when it installs redis-server. Nobody asked for a Redis on port
# 6379, so starts are refused for the time of the installation and the service is left disabled.
# A subshell, so that its trap takes the refusal back whatever ends it.
install_packages() (
  policy=/usr/sbin/policy-rc.d
  apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  apt_log=$(mktemp)
  trap 'rm -f "$apt_log"' EXIT
  trap 'exit 130' INT TERM
  if [[ ! -e $policy ]]; then
    trap 'rm -f "$apt_log"; as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  # Some other mirror in the list may be down; what counts is whether the installation succeeds.
  as_root "${apt[@]}" update >"$apt_log" 2>&1 </dev/null || true
  if ! as_root "${apt[@]}" install --yes --no-install-recommends "$@" >>"$apt_log" 2>&1 </dev/null; then
    cat "$apt_log" >&2
    exit 1
  fi
  if [[ " $* " == *" redis-server "* ]] && command -v systemctl >/dev/null; then
    as_root systemctl --quiet disable redis-server >>"$apt_log" 2>&1 || true
  fi
)

# port_is_busy PORT: something listens there on 127.0.0.1.
port_is_busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

is_port() { [[ $1 =~ ^[0-9]{1,5}$ && $((10#$1)) -ge 1 && $((10#$1)) -le 65535 ]]; }

# shellcheck disable=SC2016  # the inner shell expands them
# http_status PORT PATH: the status code of a GET on 127.0.0.1, or nothing. Spares us curl.
http_status() {
  timeout 5 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" "$2" >&3
    read -r _ status _ <&3 && printf "%s" "$status"' _ "$1" "$2" 2>/dev/null
}

# wait_until SECONDS COMMAND...: repeats the command until it succeeds; false when time is up.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [[ $SECONDS -lt $deadline ]] || return 1
    sleep 0.1
  done
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }

# stop_process PID SECONDS: asks it to end, waits, then insists.
stop_process() {
  kill -TERM "$1" 2>/dev/null || return 0
  wait_until "$2" is_gone "$1" && return 0
  kill -KILL "$1" 2>/dev/null
  wait_until 5 is_gone "$1"
}
