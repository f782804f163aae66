import { decodeGeoTiff } from 'diffusion-ssl/data';
import type { PaintedMap } from '../../shared/mapTypes.js';
import type { KeptFeatures } from './KeptFeatures.js';
import type { FittedHead } from './MapWorkshop.js';

/** What stands for no class. */
const NONE = 255;

/** Maps all images of the sheet. */
export async function paintSheet(
  kept: KeptFeatures,
  { head, present, fitMs }: FittedHead,
): Promise<PaintedMap> {
  const start = performance.now();
  const { width, height, images } = { ...kept.scene.info, images: kept.scene.images };
  const classes = new Uint8Array(width * height).fill(NONE);
  const uncertainty = new Uint8Array(width * height);
  for (const image of images) {
    const parts = ['classes', 'uncertainty'] as const;
    const map = await kept.map(image, head, { classes: present.length, parts });
    const [own, unsure] = await Promise.all(parts.map((part) => decodeGeoTiff(map[part])));
    for (let row = 0; row < image.height; row++) {
      const to = (image.top + row) * width + image.left;
      for (let column = 0; column < image.width; column++) {
        const from = row * image.width + column;
        classes[to + column] = own.data[from] === NONE ? NONE : present[own.data[from]];
        uncertainty[to + column] = Math.round(255 * (unsure.data[from] || 0));
      }
    }
  }
  return { classes, uncertainty, fitMs, mapMs: performance.now() - start };
}
