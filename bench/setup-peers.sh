#!/bin/sh
# Fetches the servers of Debian that ferryd is measured beside into a folder, with the libraries they need. Installs
# nothing: their packages exclude one another, and installing one would start it.
set -eu
folder=${1:?usage: setup-peers.sh FOLDER}
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

for package in proftpd-core vsftpd pure-ftpd; do
    unpack "$package" "${package%-core}"
    unpack_libraries_of "$package"
done
