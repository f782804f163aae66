import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type AffineTransform, encodeGeoTiff } from 'diffusion-ssl/data';
import { unetAttD } from 'diffusion-ssl/models';
import { savePretrained } from 'diffusion-ssl/pretrained';
import { folderFiles } from 'diffusion-ssl/training/node';

/** Side of a chip. */
export const SIDE = 32;
/** What the classes of planted chips are called. */
export const CLASSES = ['low', 'middle', 'high'];

/** Numbers from 0 to 1 that are always the same. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

/** Where the chip or scene of a number lies: in UTM zone 33, 10 m a pixel, one beside the other. */
export const transformOf = (i: number): AffineTransform => [10, 0, 500000 + 320 * i, 0, -10, 4600000];

/** Two bands whose values tell the class of each pixel, but for noise: stripes, as wide as half a chip. */
export function planted(
  width: number,
  height: number,
  seed: number,
): { data: Float32Array; labels: Uint8Array } {
  const random = randomOf(seed + 1);
  const labels = Uint8Array.from({ length: width * height }, (_, p) => (((p % width) + 8 * seed) % 48) >> 4);
  const data = new Float32Array(2 * labels.length);
  for (const [p, label] of labels.entries()) {
    data[2 * p] = 1.5 * label + random();
    data[2 * p + 1] = (label === 1 ? 2 : 0) + random();
  }
  return { data, labels };
}

/**
 * Writes planted chips into a folder, with a catalog: a raster of labels of each (`label`), its main class (`group`),
 * those of which a third of it is (`groups`).
 */
export function writeLabelledChips(folder: string, counts: Record<string, number>, side = SIDE): string {
  for (const name of ['images', 'labels']) mkdirSync(path.join(folder, name), { recursive: true });
  const lines = ['image,label,usage,group,groups'];
  const chip = { width: side, height: side, epsg: 32633 };
  let number = 0;
  for (const [usage, count] of Object.entries(counts)) {
    for (let i = 0; i < count; i++, number++) {
      const { data, labels } = planted(side, side, number);
      const [image, label] = ['images', 'labels'].map((name) => `${name}/${usage}${i}.tif`);
      const place = { ...chip, transform: transformOf(number) };
      writeFileSync(
        path.join(folder, image),
        encodeGeoTiff({ ...place, bands: 2, data, bandNames: ['a', 'b'] }),
      );
      writeFileSync(path.join(folder, label), encodeGeoTiff({ ...place, bands: 1, data: labels }));
      const shares = CLASSES.map((_, k) => labels.filter((one) => one === k).length / labels.length);
      const present = CLASSES.filter((_, k) => shares[k] > 1 / 3).join(' ');
      lines.push([image, label, usage, CLASSES[shares.indexOf(Math.max(...shares))], present].join(','));
    }
  }
  const catalog = path.join(folder, 'catalog.csv');
  writeFileSync(catalog, `${lines.join('\n')}\n`);
  return catalog;
}

/** Saves a small network of two bands with random weights, as a pretrained one is. */
export async function saveSmallModel(folder: string, seed = 0, blockNum = [1, 1, 1, 1, 1, 1]): Promise<void> {
  const config = { inChannels: 2, filterConfig: [4, 4, 8, 8, 8, 8], blockNum, seed };
  await savePretrained(unetAttD(config), folderFiles(folder), {
    config,
    bands: [{ name: 'a' }, { name: 'b' }],
    diffusion: { schedule: 'squaredcos_cap_v2', timesteps: 1000, predictionType: 'x0' },
    normalization: {
      strategy: 'z_value',
      procedure: 'gpb',
      globalStats: { mean: [2, 1.1], std: [1.3, 1], min: [0, 0], max: [4, 3] },
    },
    size: [SIDE, SIDE],
  });
}
