/**
 * Pretrains the attention U-Net by denoising diffusion on satellite chips.
 *
 * Without arguments on sample chips, with `--data` and `--catalog` on yours; `--help` lists every option.
 */

import { parsePretrainOptions } from './trainer/src/config/pretrainOptions.js';
import { pretrain } from './trainer/src/run/pretrain.js';
import { type StopRequest, stopOnSignals } from './trainer/src/run/stopOnSignals.js';

const options = parsePretrainOptions(process.argv.slice(2));
for (const note of options.notes) console.warn(`note: ${note}`);
const signal = stopOnSignals();

try {
  const outcome = await pretrain(options, { signal });
  if (outcome === 'interrupted') process.exitCode = (signal.reason as StopRequest).exitCode;
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
// What is still waited for, such as a server's answer, must not hold up a run that was asked to stop.
if (signal.aborted) setTimeout(() => process.exit(), 1000).unref();
