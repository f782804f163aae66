import { DataError } from 'diffusion-ssl/errors';
import type { ModelScene } from '../model/openModelScene.js';

/**
 * Two scenes of the same pixels as one, with the bands of the first before those of the second.
 *
 * @throws {DataError} If they differ in size, system or place.
 */
export function twoDates(before: ModelScene, after: ModelScene): ModelScene {
  const about = ({ info: { width, height, epsg, transform } }: ModelScene) =>
    `${width} × ${height}, EPSG:${epsg ?? 'unknown'}, ` +
    `transform ${transform?.map((one) => +one.toFixed(9)) ?? 'unknown'}`;
  if (about(before) !== about(after)) {
    throw new DataError(
      `${before.name} and ${after.name} do not have the same pixels: ${about(before)}; ${about(after)}. ` +
        'Bring the second onto those of the first (gdalwarp -te … -ts …).',
    );
  }
  return {
    name: `${before.name} and ${after.name}`,
    info: { ...before.info, bands: 2 * before.info.bands, alphaBand: null, bandNames: null },
    async read(part) {
      const [a, b] = [await before.read(part), await after.read(part)];
      const pixels = part.height * part.width;
      const data = new Float32Array(pixels * (a.bands + b.bands));
      const bands = a.bands + b.bands;
      for (const [image, first] of [
        [a, 0],
        [b, a.bands],
      ] as const) {
        for (let i = 0; i < image.data.length; i++) {
          const to = Math.floor(i / image.bands) * bands + first + (i % image.bands);
          data[to] = image.valid?.[i] === 0 ? Number.NaN : image.data[i];
        }
      }
      return { ...a, bands, data, valid: null, alphaBand: null, bandNames: null };
    },
    close() {
      before.close();
      after.close();
    },
  };
}
