#!/bin/sh
# Builds the image with buildah, which needs no daemon. Docker does the same with: docker build -t aerial:cpu .
#   scripts/image/build.sh [cpu|gpu] [NAME]
# From the environment: BUILD_OPTIONS, more options for `buildah build`, divided by spaces (a company's certificates and
# package settings, say: "-v /etc/pip.conf:/etc/pip.conf:ro"); BUILDAH_ISOLATION=chroot and STORAGE_DRIVER=vfs, buildah's own,
# where it runs inside a container itself.
set -eu
cd "$(dirname "$0")/../.."
runtime=${1:-cpu}
name=${2:-localhost/aerial:$runtime}

base=$(sed -n 's/^ARG NODE_IMAGE=//p' Dockerfile)
if ! buildah inspect --type image "$base" >/dev/null 2>&1 && ! buildah pull "$base" >&2; then
  echo "build.sh: $base cannot be pulled; building a stand-in from Debian's and npm's packages" >&2
  scripts/image/base.sh "$base" >&2
fi
# shellcheck disable=SC2086 # the options are words
buildah build --pull-never --build-arg "TF_RUNTIME=$runtime" ${BUILD_OPTIONS:-} --tag "$name" . >&2
echo "$name"
