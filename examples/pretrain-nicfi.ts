/**
 * Pretrains the attention U-Net by denoising diffusion on satellite chips.
 *
 * Without arguments on sample chips, with `--data` and `--catalog` on yours; `--help` lists every option.
 */
import { pretrain } from './lib/pretrain.js';
import { parsePretrainOptions } from './lib/pretrainOptions.js';

const options = parsePretrainOptions(process.argv.slice(2));
for (const note of options.notes) console.warn(`note: ${note}`);

let signals = 0;
process.on('SIGINT', () => {
  signals++;
  if (signals > 1) process.exit(130);
  console.error('\nstopping after this step; press Ctrl-C again to stop at once');
});

try {
  const outcome = await pretrain(options, () => signals > 0);
  if (outcome === 'interrupted') process.exitCode = 130;
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
