#!/usr/bin/env bash
# Tries image and package in bare Debian systems, as far as that goes without a container engine. Started by
# `cargo xtask package --rehearse`; needs root, debootstrap, systemd-nspawn, and Debian's mirror.
#
#   rehearse.sh PROGRAM PACKAGE SCRATCH
#
# - The image: the RUN steps of deploy/Dockerfile run in a bare system, with this machine's Rust in the place of the base
#   image's (the targets of rust-toolchain.toml and the static one must be there); what they make is put together as the
#   COPY lines say. The program starts in it with nothing but the documented environment: as the image's user, with a
#   read-only root, without capabilities, in a network of its own; and its HEALTHCHECK is asked. REHEARSE_BUILD=no takes
#   PROGRAM instead of building it there once more.
# - The package: in a system that systemd runs (systemd-nspawn), it installs, starts, binds port 443, comes back when it
#   is killed, is upgraded, and is purged.
set -euo pipefail

program=$1 package=$2 scratch=$3
here=$(cd "$(dirname "$0")" && pwd)
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
network=earshot-rehearsal-$$
base=$scratch/base
pids=() mounts=()

say() { printf 'rehearsal: %s\n' "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

clean() {
    for pid in "${pids[@]}"; do kill -KILL "$pid" 2> /dev/null || true; wait "$pid" 2> /dev/null || true; done
    for ((nth = ${#mounts[@]} - 1; nth >= 0; nth--)); do umount -l "${mounts[nth]}" 2> /dev/null || true; done
    ip netns delete "$network" 2> /dev/null || true
}
trap clean EXIT

[ "$(id -u)" = 0 ] || fail "this needs root"
command -v debootstrap > /dev/null || fail "debootstrap is not installed (Debian's package debootstrap)"
command -v systemd-nspawn > /dev/null || fail "systemd-nspawn is not installed (Debian's package systemd-container)"

bind() { # FROM TO [OPTIONS]: a mount that goes away at the end
    mkdir -p "$2"
    mount --bind "$1" "$2"
    mounts+=("$2")
    if [ -n "${3:-}" ]; then mount -o "remount,bind,$3" "$2"; fi
}

bare_system() { # WHERE: a fresh copy of Debian
    if [ ! -e "$base/etc/debian_version" ]; then
        say "debootstrap …"
        debootstrap --variant=minbase --include=ca-certificates bookworm "$base" "$mirror" > "$scratch/debootstrap.log"
    fi
    rm -rf --one-file-system "$1"
    cp -a "$base" "$1"
    cp -L /etc/resolv.conf "$1/etc/resolv.conf"
    # Settings of this machine without which packages are not fetched.
    cp -a /etc/apt/apt.conf.d/. "$1/etc/apt/apt.conf.d/"
    bind /proc "$1/proc"
    bind /dev "$1/dev"
}

wait_for() { # FILE TEXT: until the text is in it
    for _ in $(seq 100); do
        if grep -q -- "$2" "$1"; then return 0; fi
        sleep 0.1
    done
    cat "$1" >&2
    fail "“$2” was not said"
}

network() { # a network with one public address, and nobody else in it
    ip netns add "$network"
    ip -n "$network" link set lo up
    ip -n "$network" link add public type veth peer name nobody
    ip -n "$network" address add 192.0.2.10/24 dev public
    ip -n "$network" link set public up
    ip -n "$network" link set nobody up
    ip -n "$network" route add default via 192.0.2.1
}

steps_of_the_build() { # the RUN steps of the first stage, a line each
    awk '/^FROM scratch/ {exit}
        /^RUN / {run = 1; sub(/^RUN /, "")}
        run {line = $0; more = sub(/\\$/, "", line); text = text line; if (!more) {print text; text = ""; run = 0}}' \
        "$here/Dockerfile"
}

image() {
    local build=$scratch/build root=$scratch/image made=$scratch/build/image
    bare_system "$build"
    if [ "${REHEARSE_BUILD:-yes}" = yes ]; then
        # What the base image has: a compiler, and Rust.
        chroot "$build" sh -c 'apt-get update -q && apt-get install -y -q --no-install-recommends gcc libc6-dev' \
            > "$scratch/base-image.log"
        # The toolchain itself, read-only and without rustup: nothing in here can change this machine's.
        local cargo=${CARGO_HOME:-$HOME/.cargo}
        bind "$(rustc --print sysroot)" "$build/usr/local/rust" ro
        mkdir -p "$build/usr/local/cargo/registry"
        cp -a "$cargo/registry/index" "$cargo/registry/cache" "$build/usr/local/cargo/registry/"
        # Whom this machine trusts, for downloads.
        bind /etc/ssl/certs "$build/etc/ssl/certs" ro
        mkdir -p "$build/src"
        git -C "$here/.." archive HEAD | tar -x -C "$build/src"
        while read -r step; do
            say "RUN $step"
            chroot "$build" env -i HOME=/root CARGO_HOME=/usr/local/cargo \
                PATH=/usr/local/rust/bin:/usr/sbin:/usr/bin:/sbin:/bin \
                sh -c "cd /src && $step" > "$scratch/step.log" 2>&1 || { tail -n 40 "$scratch/step.log" >&2; fail "the step"; }
        done < <(steps_of_the_build)
    else
        say "the build's own steps are left away: the program is $program"
        mkdir -p "$made/data" "$made/etc/ssl/certs"
        cp "$program" "$made/earshot"
        cp "$build/etc/ssl/certs/ca-certificates.crt" "$made/etc/ssl/certs/"
        echo 'earshot:x:65532:65532:earshot:/data:/earshot' > "$made/etc/passwd"
        echo 'earshot:x:65532:' > "$made/etc/group"
    fi
    # As COPY does.
    rm -rf --one-file-system "$root" "$scratch/volume"
    mkdir -p "$root/proc" "$root/dev" "$root/data" "$scratch/volume"
    cp "$made/earshot" "$root/earshot"
    cp -r "$made/etc" "$root/etc"
    chown -R 0:0 "$root/earshot" "$root/etc"
    chown 65532:65532 "$scratch/volume"
    say "the image: $(du -sh --apparent-size "$root" | cut -f1), $(find "$root" -type f | wc -l) files"
    ldd "$root/earshot" 2>&1 | grep -Eq 'statically linked|not a dynamic' || fail "the program is not static"

    bind "$root" "$scratch/run" ro,nosuid,nodev
    bind "$scratch/volume" "$scratch/run/data"
    bind /proc "$scratch/run/proc"
    bind /dev "$scratch/run/dev"
    started "$scratch/image.log" /earshot serve
    # HEALTHCHECK, with the environment that the program has.
    inside /earshot status > "$scratch/status.log" || { cat "$scratch/status.log"; fail "the health check"; }
    grep -q ': healthy' "$scratch/status.log" || fail "the health check says nothing of health"
    grep -q 'came back through this relay' "$scratch/status.log" || fail "the address is not proved"
    inside /earshot status --json > "$scratch/status.json"
    [ "$(awk '/^Uid:/ {print $2}' "/proc/${pids[-1]}/status")" = 65532 ] || fail "it runs as another user"
    [ "$(awk '/^CapEff:/ {print $2}' "/proc/${pids[-1]}/status")" = 0000000000000000 ] || fail "it has capabilities"
    if inside /earshot serve > "$scratch/second.log" 2>&1; then fail "two ran at once"; fi
    kill -TERM "${pids[-1]}"
    wait "${pids[-1]}" || fail "it did not end well"
    unset 'pids[-1]'
    if inside /earshot status > "$scratch/down.log"; then fail "healthy, and it is down"; fi
    grep -q 'does not run' "$scratch/down.log" || fail "it is down, and that is not said"
    find "$scratch/volume" -type f ! -perm 600 -name '*-*' | grep -q . && fail "a secret can be read by others"
    say "image: starts as 65532 on a read-only root, healthy, proved, ends, and is told as down"
}

inside() { # a command in the image, as its user, with the documented environment
    ip netns exec "$network" env -i EARSHOT_DATA=/data HTTP_LISTEN=0.0.0.0:8080 \
        /usr/bin/setpriv --no-new-privs /usr/sbin/chroot --userspec=65532:65532 --groups= "$scratch/run" "$@"
}

started() { # LOG COMMAND…: it runs in the background and has started
    local log=$1
    shift
    : > "$log"
    # exec, so that the process which is remembered is the program.
    (exec ip netns exec "$network" env -i EARSHOT_DATA=/data HTTP_LISTEN=0.0.0.0:8080 \
        /usr/bin/setpriv --no-new-privs /usr/sbin/chroot --userspec=65532:65532 --groups= "$scratch/run" "$@") > "$log" 2>&1 &
    pids+=($!)
    wait_for "$log" '^started'
}

newer() { # the same package with a higher version
    local parts=$scratch/parts
    rm -rf "$parts"
    dpkg-deb -R "$package" "$parts"
    sed -i 's/^Version: .*/Version: 99.0.0-1/' "$parts/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -z1 -b "$parts" "$scratch/newer.deb" > /dev/null
}

debian() {
    local root=$scratch/debian
    bare_system "$root"
    chroot "$root" sh -c 'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q systemd-sysv dbus adduser' \
        > "$scratch/apt.log" 2>&1 || { tail -n 30 "$scratch/apt.log" >&2; fail "the system"; }
    umount "$root/proc" "$root/dev"
    newer
    cp "$package" "$root/earshot.deb"
    cp "$scratch/newer.deb" "$root/newer.deb"
    boot "$root"

    within env DEBIAN_FRONTEND=noninteractive apt-get install -y -q /earshot.deb >> "$scratch/apt.log" 2>&1 || fail "installing"
    is "the data directory" 'earshot 700' "$(within stat -c '%U %a' /var/lib/earshot)"
    is "the settings" 'root:earshot 640' "$(within stat -c '%U:%G %a' /etc/earshot/earshot.toml)"
    is "the unit" enabled "$(within systemctl is-enabled earshot)"
    healthy
    is "its user" earshot "$(within stat -c %U "/proc/$(main_process)")"
    local key
    key=$(within earshot status --show-key)
    within systemd-analyze verify earshot.service || fail "systemd-analyze verify"
    say "package: installed and started by systemd; $(within systemd-analyze security earshot.service | tail -n 1)"

    printf 'tls_listen = "0.0.0.0:443"\n' >> "$root/etc/earshot/earshot.toml"
    within systemctl restart earshot
    healthy
    grep -q '0.0.0.0:443 (HTTPS' "$scratch/status-debian.log" || fail "it does not listen at 443"
    local before
    before=$(main_process)
    within systemctl kill --kill-whom=main --signal=KILL earshot
    for _ in $(seq 50); do
        if [ "$(main_process)" != "$before" ]; then break; fi
        sleep 0.1
    done
    healthy
    [ "$(main_process)" != "$before" ] || fail "it was not killed"
    say "package: binds port 443, and comes back when it is killed"

    before=$(main_process)
    within env DEBIAN_FRONTEND=noninteractive apt-get install -y -q /newer.deb >> "$scratch/apt.log" 2>&1 || fail "upgrading"
    is "the version" 99.0.0-1 "$(within dpkg-query -W -f '${Version}' earshot)"
    healthy
    [ "$(main_process)" != "$before" ] || fail "the old program runs on"
    grep -q '0.0.0.0:443 (HTTPS' "$scratch/status-debian.log" || fail "the settings were lost"
    is "the key" "$key" "$(within earshot status --show-key)"
    say "package: upgraded and restarted, settings and key kept"

    within env DEBIAN_FRONTEND=noninteractive apt-get purge -y -q earshot >> "$scratch/apt.log" 2>&1 || fail "purging"
    if within sh -c 'cat /proc/[0-9]*/comm 2> /dev/null' | grep -qx earshot; then fail "it still runs"; fi
    for left in /var/lib/earshot /etc/earshot /usr/bin/earshot /usr/lib/systemd/system/earshot.service \
        /etc/systemd/system/multi-user.target.wants/earshot.service; do
        if [ -e "$root$left" ] || [ -L "$root$left" ]; then fail "$left is left behind"; fi
    done
    say "package: purged, nothing is left behind"
    within systemctl poweroff
    wait "${pids[-1]}" || true
    unset 'pids[-1]'
}

boot() { # ROOT: systemd runs it, in a network of its own
    systemd-nspawn --quiet --register=no --keep-unit --private-network --console=pipe -D "$1" --boot \
        < /dev/null > "$scratch/boot.log" 2>&1 &
    pids+=($!)
    for _ in $(seq 300); do
        leader=$(pgrep -P "${pids[-1]}" | head -n 1 || true)
        if [ -n "$leader" ] && within systemctl is-system-running 2> /dev/null | grep -Eq 'running|degraded'; then return 0; fi
        sleep 0.1
    done
    tail -n 20 "$scratch/boot.log" >&2
    fail "the system does not come up"
}

within() { # a command in the system that runs
    nsenter --target "$leader" --mount --uts --ipc --net --pid --root --wd -- \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"
}

main_process() { within systemctl show -p MainPID --value earshot; }

is() { # WHAT WANTED FOUND
    [ "$2" = "$3" ] || fail "$1: “$3” instead of “$2”"
}

healthy() { # it is, within ten seconds
    for _ in $(seq 100); do
        if within earshot status --config /etc/earshot/earshot.toml > "$scratch/status-debian.log" 2>&1; then return 0; fi
        sleep 0.1
    done
    cat "$scratch/status-debian.log" >&2
    within journalctl -u earshot --no-pager -n 30 >&2
    fail "it is not healthy"
}

mkdir -p "$scratch"
network
image
debian
say "all of it went well"
