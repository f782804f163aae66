import { parsePretrainOptions } from '../config/pretrainOptions.js';
import { pretrain as run } from '../run/pretrain.js';
import { type StopRequest, stopOnSignals } from '../run/stopOnSignals.js';

/** `diffusion-ssl pretrain`: pretrains as the arguments say, and sets the exit status of the process. */
export async function pretrain(args: readonly string[]): Promise<void> {
  const options = parsePretrainOptions(args);
  for (const note of options.notes) console.warn(`note: ${note}`);
  const signal = stopOnSignals();
  try {
    const outcome = await run(options, { signal });
    if (outcome === 'interrupted') process.exitCode = (signal.reason as StopRequest).exitCode;
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    process.exitCode = 1;
  }
  // What is still waited for, such as a server's answer, must not hold up a run that was asked to stop.
  if (signal.aborted) setTimeout(() => process.exit(), 1000).unref();
}
