import { parsePretrainOptions } from '../config/pretrainOptions.js';
import { pretrain as run } from '../run/pretrain.js';
import { untilStopped } from './untilStopped.js';

/** `diffusion-ssl pretrain`: pretrains as the arguments say, and sets the exit status of the process. */
export async function pretrain(args: readonly string[]): Promise<void> {
  const options = parsePretrainOptions(args);
  for (const note of options.notes) console.warn(`note: ${note}`);
  await untilStopped(async (signal) => {
    if ((await run(options, { signal })) === 'interrupted') throw signal.reason;
  });
}
