#!/bin/sh
# Fetches the servers that ferryd is measured beside into a folder, with the libraries they need. Installs nothing on the
# host: Debian's packages exclude one another, and installing one would start it. What cannot be had is told and left out.
set -eu
folder=${1:?usage: setup-peers.sh FOLDER SERVER...}
shift
mkdir -p "$folder/packages"
cd "$folder/packages"

# The package and the part of the folder it is unpacked in.
unpack() {
    ls "$1"_*.deb >/dev/null 2>&1 || apt-get download -q -o APT::Sandbox::User=root "$1" >&2
    mkdir -p "../$2"
    dpkg-deb -x "$1"_*.deb "../$2"
}

# What the host has already need not be fetched; what is fetched needs libraries of its own.
unpack_libraries_of() {
    for library in $(apt-cache depends "$1" | sed -n 's/^ *Depends: \(lib[a-z0-9.+-]*\)$/\1/p'); do
        dpkg-query -s "$library" >/dev/null 2>&1 && continue
        unpack "$library" libraries
        unpack_libraries_of "$library"
    done
}

from_debian() {
    unpack "$1" "${1%-core}"
    unpack_libraries_of "$1"
}

# Into an environment of its own.
pyftpdlib() {
    python3 -m venv ../pyftpdlib
    ../pyftpdlib/bin/pip install -q --disable-pip-version-check 'pyftpdlib==2.2.0'
}

# Of its back ends for accounts and storage only what is measured.
unftp() {
    nice cargo install -q unftp --version 0.16.0 --locked --no-default-features --features auth_jsonfile --root ../unftp \
        --target-dir ../unftp-build
    rm -rf ../unftp-build
}

for server in "$@"; do
    case "$server" in
    proftpd) [ -d ../proftpd ] || from_debian proftpd-core ;;
    vsftpd | pure-ftpd) [ -d "../$server" ] || from_debian "$server" ;;
    pyftpdlib) [ -x ../pyftpdlib/bin/ftpbench ] || pyftpdlib || echo "pyftpdlib cannot be had here" >&2 ;;
    unftp) [ -x ../unftp/bin/unftp ] || unftp || echo "unftp cannot be built here" >&2 ;;
    *) echo "no such server: $server" >&2 && exit 2 ;;
    esac
done
