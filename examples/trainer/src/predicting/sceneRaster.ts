import type { SceneSource } from 'diffusion-ssl/maps';
import type { Raster } from 'diffusion-ssl/normalization';

/** A scene as a whole, NaN where a value is missing. */
export async function sceneRaster({ info: { height, width }, read }: SceneSource): Promise<Raster> {
  const { data, valid, bands } = await read({ top: 0, left: 0, height, width });
  const values = Float32Array.from(data, (value, i) => (valid?.[i] === 0 ? Number.NaN : value));
  return { height, width, channels: bands, data: values };
}
