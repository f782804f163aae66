import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Raster } from 'diffusion-ssl/normalization';
import { sampleDpmPlusPlus2M } from 'diffusion-ssl/samplers';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { encode } from 'fast-png';
import { imagesOf } from '../../data/imagesOf.js';
import { toRgb } from '../../pictures/toRgb.js';
import { turn } from '../../stopping/turn.js';
import type { LoraRun } from '../LoraRun.js';
import type { Texts } from './openTexts.js';

/** A sample, and where its picture lies in the folder of the run. */
export interface PromptSample {
  prompt: string;
  seed: number;
  file: string;
  image: Raster;
}

/** How many samples each prompt has where it is not said. */
const SAMPLES = 2;

/**
 * Draws the fixed prompts by fixed seeds, with the weights at hand, as PNGs in `samples/NAME` of the run.
 *
 * @param name `epoch-1`, say.
 */
export async function drawPrompts(
  { folder, state: { config }, signal }: LoraRun,
  { pipeline, prompts, side }: Texts,
  name: string,
): Promise<PromptSample[]> {
  const { samples = SAMPLES, sampleSteps: steps, guidance: guidanceScale, chips } = config;
  const into = path.join('samples', name);
  if (samples > 0) await mkdir(path.join(folder, into), { recursive: true });
  const drawn: PromptSample[] = [];
  for (const [i, prompt] of prompts.entries()) {
    for (let k = 0; k < samples; k++) {
      const seed = chips.seed + k;
      const image = await pipeline.generate(prompt, {
        ...{ height: side, width: side, steps, guidanceScale, seed, signal },
        sampler: sampleDpmPlusPlus2M,
        onStep: () => turn(signal),
      });
      const [raster] = imagesOf(await image.data<'float32'>(), image.shape);
      image.dispose();
      const file = path.join(into, `${i + 1}-${seed}.png`);
      await writeFileAtomic(
        path.join(folder, file),
        encode({ ...toRgb(raster, [0, 1, 2], [0, 1]), channels: 3 }),
      );
      drawn.push({ prompt, seed, file, image: raster });
    }
  }
  return drawn;
}
