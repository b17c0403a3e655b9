#!/bin/sh
# The proof of README's two commands: a bare Debian 12, with its own Python, in which nothing is
# typed but the lines that README shows.
#
#     tools/debian_root.sh FOLDER ["make doctor" "make quick"]     (as root; FOLDER is made, and stays)
#
# The lines are read out of README; others can be given instead. They run as a user without rights,
# on a clean clone of the last commit, in a folder whose name has a space. There is no Chromium, no
# bubblewrap and no database, as on a fresh machine: what needs them is skipped. WITH names Debian
# packages to add, so that the pages are read with one family of fonts alone:
#
#     WITH="chromium libatomic1 fonts-dejavu-core" tools/debian_root.sh FOLDER
#     WITH="chromium libatomic1 fonts-liberation" tools/debian_root.sh FOLDER     (in another FOLDER)
#
# What pip and apt need on this machine goes along: PIP_*, UV_*, SSL_* and *_proxy variables, and the
# folders named in SHARED, such as certificates and wheels. MIRROR names another Debian mirror.
#
# The last line says green, or red and which line was; each line's seconds stand under it.
set -eu
cd "$(dirname "$0")/.."
folder=$1
shift
mirror=${MIRROR:-http://deb.debian.org/debian}

if [ $# = 0 ]; then
    lines=$(sed -n '/^## Two commands/,/^```$/s/^\$ \([^#]*[^# ]\) *\(#.*\)\{0,1\}$/\1/p' README.md)
    [ -n "$lines" ] || { echo "README has no lines to type under 'Two commands'"; exit 1; }
else
    lines=$(printf '%s\n' "$@")
fi

if [ ! -e "$folder/usr/bin/git" ]; then
    debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates \
        bookworm "$folder" "$mirror"
fi
folder=$(cd "$folder" && pwd) # the shared folders are mounted below it
home="$folder/home/reader"
rm -rf "$home"
mkdir -p "$home"
git clone --quiet --no-hardlinks . "$home/the course" # the files change hands
commit=$(git -C "$home/the course" log -1 --format='%h, %s')
cp -L /etc/resolv.conf /etc/hosts "$folder/etc/"

# Each line with its seconds; the shell ends at the first that fails.
{
    env | grep -E "^(PIP_|UV_|SSL_|[a-z]*_proxy=)" | sed "s/=\(.*\)/='\1'/; s/^/export /"
    cat << 'END'
export HOME=/home/reader PATH=/usr/bin:/bin
cd "/home/reader/the course"
line=
trap 'status=$?; [ $status = 0 ] || echo "debian: RED, status $status, at: $line"' EXIT
typed() {
    line=$1
    echo "$ $line"
    began=$(date +%s)
    eval "$line"
    echo "debian: $line took $(($(date +%s) - began)) s"
}
END
    echo "$lines" | sed "s/'/'\\\\''/g; s/.*/typed '&'/"
    cat << 'END'
typed 'test -z "$(git status --porcelain)"'
echo "debian: green, all lines"
END
} > "$home/.typed"
chown -R 1000:1000 "$home"

# A namespace of mounts, so that they are gone with the script, however it ends.
export folder commit
exec unshare --mount --pid --fork --kill-child sh -eu -c '
    mount -t proc proc "$folder/proc"
    mount --rbind /dev "$folder/dev"
    mount -t tmpfs tmpfs "$folder/tmp"
    chmod 1777 "$folder/tmp"
    for shared in ${SHARED:-}; do
        mkdir -p "$folder$shared"
        mount --bind -o ro "$shared" "$folder$shared"
    done
    if [ -n "${WITH:-}" ]; then
        chroot "$folder" apt-get update --quiet --quiet
        DEBIAN_FRONTEND=noninteractive chroot "$folder" apt-get install --quiet --quiet --yes \
            --no-install-recommends $WITH
    fi
    echo "In Debian $(cat "$folder/etc/debian_version"), $(chroot "$folder" python3 --version), $commit:"
    chroot --userspec=1000:1000 "$folder" env -i sh -eu /home/reader/.typed
'
