import { readdir } from 'node:fs/promises';
import { CheckpointError } from 'diffusion-ssl/errors';

/**
 * The names of a run's kept checkpoints and its best one, in the order of their epochs.
 *
 * @param options `latest`: whether the latest one is among them.
 * @throws {CheckpointError} If the run has none.
 */
export async function runCheckpoints(run: string, { latest = false } = {}): Promise<string[]> {
  const wanted = latest
    ? /^((?:best|latest|epoch-\d+)\.safetensors)(?:\.index\.json)?$/
    : /^((?:best|epoch-\d+)\.safetensors)(?:\.index\.json)?$/;
  const names = (await readdir(run).catch(() => []))
    .flatMap((file) => wanted.exec(file)?.[1] ?? [])
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  if (names.length > 0) return names;
  throw new CheckpointError(
    `${run} has no checkpoint (best.safetensors, epoch-N.safetensors): this takes the folder of a run of ` +
      'pretrain, with --checkpoint-interval to keep more than the best one.',
  );
}
