import { openRaster } from 'diffusion-ssl/data/node';
import type { SceneSource } from 'diffusion-ssl/maps';
import { imageGrid } from '../pictures/imageGrid.js';
import { percentileRanges } from '../pictures/percentileRanges.js';
import { readCoarse } from '../pictures/readCoarse.js';
import { type PanelImage, type RgbImage, toRgb, type ValueRange } from '../pictures/toRgb.js';
import { headNames } from './headNames.js';

/** Pixels of a side in the picture, at most. */
const SIDE = 480;
/** From the least to the most attention: black, red, yellow. */
const HEAT = [
  [0, 0, 0],
  [200, 30, 30],
  [255, 235, 60],
];
/** How much of a pixel is attention; the rest is the scene in grey. */
const OVER = 0.65;

/** A scene, and on it what each head attends to: a PNG file. */
export async function overlayPicture(
  file: string,
  scene: SceneSource,
  { heads, shownBands, title }: { heads: number; shownBands: number[]; title: string },
): Promise<Uint8Array> {
  const image = await readCoarse(scene, SIDE);
  const raster = await openRaster(file);
  try {
    const maps = await readCoarse(raster, SIDE);
    const ranges = percentileRanges(maps);
    const shown = toRgb(image, shownBands, percentileRanges(image));
    const names = headNames(heads);
    const pictures = names.map((_, head) => overlaid(shown, maps, head, ranges[head]));
    const columns = Math.ceil(Math.sqrt(names.length + 1));
    const all = [shown, ...pictures];
    const blank: RgbImage = { ...shown, data: new Uint8Array(shown.data.length).fill(255) };
    const labelled = ['scene', ...names];
    const lines = Math.ceil(all.length / columns);
    const rows = Array.from({ length: lines }, (_, row) =>
      Array.from({ length: columns }, (_, column) => all[row * columns + column] ?? blank),
    );
    return await imageGrid({
      title,
      rows,
      columnLabels: rows[0].map(() => ['', '']),
      rowLabels: rows.map((_, row) => labelled.slice(row * columns, (row + 1) * columns).join('\n')),
      caption:
        'Black to yellow: from the 2nd to the 98th percentile of a map. 1 in the GeoTIFF is even attention.',
    });
  } finally {
    raster.close();
  }
}

function overlaid(scene: RgbImage, maps: PanelImage, head: number, [low, high]: ValueRange): RgbImage {
  const data = new Uint8Array(scene.data.length);
  for (let pixel = 0; pixel < data.length / 3; pixel++) {
    const value = maps.data[pixel * maps.channels + head];
    const grey = (scene.data[3 * pixel] + scene.data[3 * pixel + 1] + scene.data[3 * pixel + 2]) / 3;
    if (!Number.isFinite(value)) {
      data.fill(grey, 3 * pixel, 3 * pixel + 3);
      continue;
    }
    const part = Math.min(1, Math.max(0, (value - low) / (high - low))) * (HEAT.length - 1);
    const step = Math.min(Math.floor(part), HEAT.length - 2);
    for (let k = 0; k < 3; k++) {
      const heat = HEAT[step][k] + (part - step) * (HEAT[step + 1][k] - HEAT[step][k]);
      data[3 * pixel + k] = Math.round(OVER * heat + (1 - OVER) * grey);
    }
  }
  return { ...scene, data };
}
