import { ConfigError } from 'diffusion-ssl/errors';
import type { StoredTensors } from 'diffusion-ssl/interop';
import { holdsCheckpoint, LATEST } from '../checkpoint/checkpointNames.js';
import { lockFolder } from '../folder/lockFolder.js';
import { makeFolder } from '../folder/makeFolder.js';

/**
 * Runs a command's body in the folder of `--out`, which is this process's alone meanwhile.
 *
 * @param read Opens what a resumed run goes on from, which is closed at the end.
 * @throws (rejects) If the folder holds a run and `--resume` is not given, or as `read` and `body` do.
 */
export async function inRunFolder<P extends { tensors: StoredTensors }>(
  { out, resume, takeOver }: { out: string; resume: boolean; takeOver: boolean },
  read: () => Promise<P>,
  body: (resumed: P | undefined) => Promise<void>,
): Promise<void> {
  const undo = await makeFolder(out);
  const lock = await lockFolder(out, '--out', takeOver);
  let resumed: P | undefined;
  try {
    if (resume) resumed = await read();
    else if (holdsCheckpoint(out, LATEST)) {
      throw new ConfigError(
        `${out} holds a run already: go on with it by --resume, or choose another --out.`,
      );
    }
    await body(resumed);
  } finally {
    await resumed?.tensors.close();
    await lock.release();
    await undo();
  }
}
