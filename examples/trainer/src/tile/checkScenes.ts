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
      compare('number of bands', ({ info }) => info.bands);
      checkOrder(scene, first);
      compare('type', ({ info }) => info.dtype);
      compare('scale', ({ info }) => info.scales);
      compare('offset', ({ info }) => info.offsets);
    }
  }
  for (const { name, info } of labels) {
    if (info.bands !== 1)
      throw new DataError(`${name}: a label raster has one band, this one ${info.bands}.`);
    if (info.dtype.startsWith('float')) {
      throw new DataError(`${name}: labels are integers, not ${info.dtype}: gdal_translate -ot Byte.`);
    }
  }
}

/** Throws if a scene has the bands of another one in another order. */
function checkOrder(scene: Scene, first: Scene): void {
  const [mine, theirs] = [scene, first].map(({ info }) => info.bandNames ?? []);
  const isSame = (a: readonly unknown[], b: readonly unknown[]) => JSON.stringify(a) === JSON.stringify(b);
  if (isSame(mine, theirs) || !isSame([...mine].sort(), [...theirs].sort())) return;
  throw new DataError(
    `${scene.name}: its bands are ${mine.join(', ')}, those of ${first.name} ${theirs.join(', ')}; ` +
      'bring them into one order by --input-bands with their names.',
  );
}
