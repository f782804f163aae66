import * as tf from '@tensorflow/tfjs-core';
import type { CatalogRow } from 'diffusion-ssl/data';
import type { FeatureDenoiser } from 'diffusion-ssl/features';
import { type ChipScaling, openChips } from '../labels/openChips.js';
import type { OpenModel } from '../model/openModel.js';
import { imageGrid } from '../pictures/imageGrid.js';
import { describeBands } from '../pictures/samplePanel.js';
import { type RgbImage, toRgb } from '../pictures/toRgb.js';
import { componentPictures } from './componentPicture.js';
import { principalComponents } from './principalComponents.js';
import { type FeatureRequest, readFeatures } from './readFeatures.js';

/** Chips shown, at most. */
const SHOWN = 6;
/** Vectors of a chip by which the components are found. */
const VECTORS = 500;

/** Chips and, for each timestep, the first three principal components of their features, as a PNG file. */
export async function chipPicture(
  denoiser: FeatureDenoiser<undefined>,
  { display, shownBands }: Pick<OpenModel, 'display' | 'shownBands'>,
  { rows, scaling, request }: { rows: readonly CatalogRow[]; scaling: ChipScaling; request: FeatureRequest },
): Promise<Uint8Array> {
  const shown = Array.from(
    { length: Math.min(SHOWN, rows.length) },
    (_, i) => rows[Math.floor((i * rows.length) / Math.min(SHOWN, rows.length))],
  );
  const chips = await openChips(rows, scaling);
  const all = await Promise.all(shown.map(async (row) => (await chips.open(row)).read()));
  const [{ height, width, channels }] = all;
  const images = all.filter((image) => image.height === height && image.width === width);
  const columns: RgbImage[][] = [];
  const shares: string[] = [];
  for (const timestep of request.timesteps) {
    const maps: Float32Array[] = [];
    let dims = 1;
    for (const { data } of images) {
      const x = tf.tensor4d(Float32Array.from(data), [1, height, width, channels]);
      const found = await readFeatures(denoiser, x, { ...request, timesteps: [timestep] });
      x.dispose();
      maps.push(found.rows);
      dims = found.dims;
    }
    const step = Math.max(1, Math.floor((height * width) / VECTORS));
    const some = maps.flatMap((map) => [...map.filter((_, i) => Math.floor(i / dims) % step === 0)]);
    const components = principalComponents(Float32Array.from(some), dims, 3);
    const projected = maps.map((map) => components.project(map));
    columns.push(componentPictures(projected, components.shares.length, [height, width]));
    shares.push(
      `${(100 * components.shares.reduce((sum, share) => sum + share, 0)).toFixed(0)} % of the variance`,
    );
  }
  const range = display.rangeOf(shownBands);
  const inUnits = images.map((image) => toRgb(display.inUnits(image), shownBands, range));
  return imageGrid({
    title: `Features: ${request.layers.join(', ')}`,
    rows: images.map((_, i) => [inUnits[i], ...columns.map((column) => column[i])]),
    columnLabels: [['chip', ''], ...request.timesteps.map((t, i) => [`t = ${t}`, shares[i]] as const)],
    rowLabels: images.map((_, i) => String(i)),
    caption: `${describeBands(shownBands, channels)} The first three principal components as red, green, blue.`,
  });
}
