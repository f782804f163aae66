import type { SceneSource } from 'diffusion-ssl/maps';
import type { PanelImage } from './toRgb.js';

/**
 * A raster at no more than so many pixels a side, by leaving rows and columns out; NaN where a value is missing. Read
 * row by row.
 */
export async function readCoarse(
  { info: { width, height }, read }: SceneSource,
  most = 1024,
): Promise<PanelImage & { step: number }> {
  const step = Math.ceil(Math.max(width, height) / most);
  const [across, down] = [Math.ceil(width / step), Math.ceil(height / step)];
  let [channels, data] = [1, new Float32Array(0)];
  for (let row = 0; row < down; row++) {
    const line = await read({ top: row * step, left: 0, height: 1, width });
    if (row === 0) {
      channels = line.bands;
      data = new Float32Array(across * down * channels);
    }
    for (let column = 0; column < across; column++) {
      for (let band = 0; band < channels; band++) {
        const from = column * step * channels + band;
        data[(row * across + column) * channels + band] =
          line.valid?.[from] === 0 ? Number.NaN : line.data[from];
      }
    }
  }
  return { width: across, height: down, channels, data, step };
}
