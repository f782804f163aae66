import { DataError } from 'diffusion-ssl/errors';
import type { Scene } from './openScene.js';

/**
 * Throws unless scenes have the same bands, type and scaling, and labels are one band of one type; the message names
 * the file that differs.
 */
export function checkScenes(scenes: readonly Scene[], labels: readonly Scene[]): void {
  for (const list of [scenes, labels]) {
    for (const scene of list.slice(1)) {
      const [first] = list;
      const compare = (what: string, of: (scene: Scene) => unknown) => {
        const [mine, theirs] = [of(scene), of(first)].map((value) => JSON.stringify(value) ?? 'none');
        if (mine === theirs) return;
        throw new DataError(
          `${scene.name}: its ${what} is ${mine}, that of ${first.name} is ${theirs}; ` +
            'bring them together by gdal_translate.',
        );
      };
      compare('number of bands', ({ bands }) => bands.length);
      compare('type', ({ info }) => info.dtype);
      compare('scale', ({ info }) => info.scales);
      compare('offset', ({ info }) => info.offsets);
    }
  }
  for (const { name, bands, info } of labels) {
    if (bands.length !== 1)
      throw new DataError(`${name}: a label raster has one band, this one ${bands.length}.`);
    if (info.dtype.startsWith('float')) {
      throw new DataError(`${name}: labels are integers, not ${info.dtype}: gdal_translate -ot Byte.`);
    }
  }
}
