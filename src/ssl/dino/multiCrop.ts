import { type AugmentationStep, compose } from '../../augmentation/compose.js';
import { flip } from '../../augmentation/flip.js';
import { argumentError, checkInteger, checkNumber } from '../../internal/checks.js';
import { type RandomKey, uniformGenerator } from '../../internal/philox.js';
import type { Raster } from '../../internal/raster.js';
import { type Box, resizedCrop } from './resizedCrop.js';

/** Crops of one kind. */
export interface CropOptions {
  /** Height and width, in pixels. */
  size: number;
  /** Least and largest share of the image's area that a crop shows. */
  scale: readonly [least: number, largest: number];
}

/** Options of {@link multiCrop}. */
export interface MultiCropOptions {
  /** The two large ones, which the teacher sees too. Default 224 pixels of 0.4 to 1 of the area. */
  global?: CropOptions;
  /** The small ones. Default 8 of 96 pixels, of 0.05 to 0.4 of the area. */
  local?: CropOptions & { count: number };
  /** Least and largest ratio of width to height of what is cropped. Default [3/4, 4/3]. */
  ratio?: readonly [least: number, largest: number];
  /** Probability that a crop is mirrored, left to right. Default 0.5. */
  flip?: number;
  /** Further steps, of `compose`, drawn for each crop: changes of value where they are wanted. Default none. */
  steps?: readonly AugmentationStep[];
}

const GLOBAL: CropOptions = { size: 224, scale: [0.4, 1] };
const LOCAL = { count: 8, size: 96, scale: [0.05, 0.4] } as const;

/**
 * Crops of an image for DINO: two large ones, then small ones, each of a random place, size and shape, resized by
 * antialiased bicubic interpolation and perhaps mirrored. Of any number of bands; their values stay as they are unless
 * `steps` changes them.
 *
 * The key decides what is drawn. Places are drawn as torchvision's `RandomResizedCrop` does.
 *
 * @returns Two rasters of the large size, then those of the small one.
 * @throws If an option is out of range.
 * @example
 * ```ts
 * import { multiCrop } from 'diffusion-ssl/ssl/dino';
 *
 * const image = { height: 64, width: 80, channels: 12, data: new Float32Array(64 * 80 * 12) };
 * const local = { count: 4, size: 16, scale: [0.05, 0.4] } as const;
 * const crops = multiCrop(image, { seed: 1, stream: 0, step: 0 }, { global: { size: 32, scale: [0.4, 1] }, local });
 * console.log(crops.map(({ height }) => height)); // 32, 32, 16, 16, 16, 16
 * ```
 */
export function multiCrop(image: Raster, key: RandomKey, options: MultiCropOptions = {}): Raster[] {
  const { global = GLOBAL, local = LOCAL, ratio = [3 / 4, 4 / 3], flip: flips = 0.5, steps = [] } = options;
  checkInteger('multiCrop: local.count', local.count, 0);
  checkNumber('multiCrop: flip', flips, 0, 1);
  checkRange('ratio', ratio, Number.MAX_VALUE);
  for (const [name, { size, scale }] of Object.entries({ global, local })) {
    checkInteger(`multiCrop: ${name}.size`, size, 1);
    checkRange(`${name}.scale`, scale, 1);
  }
  const random = uniformGenerator(key);
  const augment = steps.length > 0 ? compose(steps) : undefined;
  const kinds = [global, global, ...new Array<CropOptions>(local.count).fill(local)];
  return kinds.map(({ size, scale }, i) => {
    const crop = resizedCrop(image, drawBox(image, scale, ratio, random), size);
    const turned = random() < flips ? flip({ image: crop }, 'horizontal') : { image: crop };
    // Each crop draws from a sequence of its own, above all seeds of 32 bits.
    return augment ? augment(turned, { ...key, seed: key.seed + (i + 1) * 2 ** 32 }).image : turned.image;
  });
}

/** A part of an image; after ten that do not fit into it, the largest in its middle that the ratios allow. */
function drawBox(
  { height, width }: Raster,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  random: () => number,
): Box {
  for (let i = 0; i < 10; i++) {
    const area = height * width * (scale[0] + (scale[1] - scale[0]) * random());
    const shape = Math.exp(Math.log(ratio[0]) + (Math.log(ratio[1]) - Math.log(ratio[0])) * random());
    const [w, h] = [Math.round(Math.sqrt(area * shape)), Math.round(Math.sqrt(area / shape))];
    const [down, right] = [random(), random()];
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const top = Math.floor(down * (height - h + 1));
    return { top, left: Math.floor(right * (width - w + 1)), height: h, width: w };
  }
  const shape = Math.min(Math.max(width / height, ratio[0]), ratio[1]);
  const w = Math.min(width, Math.max(1, Math.round(height * shape)));
  const h = Math.min(height, Math.max(1, Math.round(width / shape)));
  return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, width: w };
}

function checkRange(name: string, range: readonly [number, number], largest: number): void {
  if (!(range?.length === 2 && range[0] > 0 && range[0] <= range[1] && range[1] <= largest)) {
    const accepted = `two numbers above 0${largest === 1 ? ' and up to 1' : ''}, the smaller first`;
    throw argumentError(`multiCrop: ${name}`, range, accepted);
  }
}
