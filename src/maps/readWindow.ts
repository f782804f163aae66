import { rasterOf, withoutAlpha } from '../data/chipRasters.js';
import type { Raster } from '../internal/raster.js';
import type { SceneSource } from './SceneWindow.js';

/** A window of a scene, mirrored beyond its borders. Values are NaN where they are missing; alpha is left out. */
export async function readWindow(
  { info, read }: SceneSource,
  place: { top: number; left: number; height: number; width: number },
): Promise<Raster> {
  const { top, left } = place;
  const height = Math.min(place.height, info.height - top);
  const width = Math.min(place.width, info.width - left);
  const raster = rasterOf(withoutAlpha(await read({ top, left, height, width })));
  if (height === place.height && width === place.width) return raster;
  const { channels } = raster;
  const data = new Float32Array(place.height * place.width * channels);
  for (let row = 0; row < place.height; row++) {
    for (let column = 0; column < place.width; column++) {
      const from = (mirrored(row, height) * width + mirrored(column, width)) * channels;
      data.set(raster.data.subarray(from, from + channels), (row * place.width + column) * channels);
    }
  }
  return { height: place.height, width: place.width, channels, data };
}

/** The place within a length that a mirror at its end shows, and one at its begin behind that. */
function mirrored(at: number, length: number): number {
  const turn = at % (2 * length);
  return turn < length ? turn : 2 * length - 1 - turn;
}
