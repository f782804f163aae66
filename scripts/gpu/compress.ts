import { runCommand } from '../lib/runCommand.js';

/** Packs all that a folder holds, small rather than fast: a minute for Node. */
export function compress(folder: string, archive: string): void {
  const pipe =
    'set -eu; tar -C "$1" -cf "$2.tar" .; xz --x86 --lzma2=preset=9e,dict=64MiB -T1 -c "$2.tar" >"$2"; rm "$2.tar"';
  runCommand('sh', ['-c', pipe, 'sh', folder, archive], folder);
}
