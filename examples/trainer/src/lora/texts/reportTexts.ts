import path from 'node:path';
import type { Raster } from 'diffusion-ssl/normalization';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { imagesOf } from '../../data/imagesOf.js';
import { turn } from '../../stopping/turn.js';
import type { LoraRun } from '../LoraRun.js';
import { statisticsDistance } from '../statisticsDistance.js';
import { trainedShare } from '../trainedShare.js';
import { comparePage } from './comparePage.js';
import { drawPrompts } from './drawPrompts.js';
import type { Texts } from './openTexts.js';
import { readPicture } from './readPicture.js';

/** Images of the data that samples are compared with, at most. */
const MOST_IMAGES = 256;

/**
 * Draws the prompts before and after, and writes both side by side, `index.html`, with `report.json`: losses, and the
 * distance of samples from the images in their statistics.
 */
export async function reportTexts(run: LoraRun, texts: Texts): Promise<void> {
  const { folder, state, lora, teller } = run;
  const { config, history } = state;
  const after = await drawPrompts(run, texts, 'after');
  lora!.scale = 0;
  const before = await drawPrompts(run, texts, 'before').finally(() => {
    lora!.scale = 1;
  });
  const real = await someImages(run, texts);
  const distance =
    after.length > 1 && real.length > 1
      ? {
          before: statisticsDistance(
            before.map(({ image }) => image),
            real,
          ),
          after: statisticsDistance(
            after.map(({ image }) => image),
            real,
          ),
        }
      : undefined;
  const loss = { before: history[0].losses.validation, after: history[history.length - 1].losses.validation };
  const report = {
    ...trainedShare(run),
    step: state.step,
    loss: { validation: loss },
    ...(distance && { distance }),
  };
  await writeFileAtomic(path.join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFileAtomic(
    path.join(folder, 'index.html'),
    comparePage({ before, after, distance, config, step: state.step }),
  );
  if (distance)
    teller.note(
      `distance of samples from the images: ${distance.before.toFixed(2)} → ${distance.after.toFixed(2)}`,
    );
}

async function someImages(
  { state: { config }, signal }: LoraRun,
  { captions, side }: Texts,
): Promise<Raster[]> {
  const picture = { side, inputBands: config.chips.inputBands, range: config.range ?? undefined };
  const stride = Math.ceil(captions.length / MOST_IMAGES);
  const images: Raster[] = [];
  for (let i = 0; i < captions.length; i += stride) {
    await turn(signal);
    const image = await readPicture(captions[i].file, picture);
    images.push(...imagesOf(await image.data<'float32'>(), image.shape));
    image.dispose();
  }
  return images;
}
