/**
 * Pretrains the attention U-Net by denoising diffusion on satellite chips.
 *
 * Without arguments on sample chips, with `--data` and `--catalog` on yours; `--help` lists every option. The trainer
 * itself is a program of its own, `trainer/`; this is its command `diffusion-ssl pretrain`.
 */
import { pretrain } from './trainer/src/commands/pretrain.js';

await pretrain(process.argv.slice(2));
