#!/bin/sh
# What `docker run IMAGE ARGUMENTS` starts: a command of the trainer, or `pretrain` where the first argument is an
# option. As root it goes on as the owner of the mounted work_dir, so that the files belong to the caller;
# `docker run --user` is taken as it is. The trainer replaces the shell: it is the one that hears `docker stop`.
set -eu
app=$(dirname "$(dirname "$(realpath "$0")")")
cd "$app"
case "${1-}" in '' | -*) set -- pretrain "$@" ;; esac
set -- node examples/trainer/bin/diffusion-ssl.mjs "$@"
owner=$(stat -c %u work_dir)
if [ "$(id -u)" -eq 0 ] && [ "$owner" -ne 0 ]; then
  export HOME=/tmp
  exec setpriv --reuid "$owner" --regid "$(stat -c %g work_dir)" --clear-groups "$@"
fi
exec "$@"
