import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { DataError } from 'diffusion-ssl/errors';
import { dateIn } from './dateIn.js';
import { POLARIZATIONS, type SarFiles } from './SarFiles.js';

const POLARIZATION = /(?<![a-z])(vv|vh)(?![a-z])/gi;

/**
 * The scenes of files and folders, folders within them too. A file whose name says VV or VH has that polarization
 * alone, and goes with the one that is called the same but for it; any other has both. The date is that in the name of
 * the file, or else in that of the nearest folder around it.
 *
 * @throws If there is nothing, a scene has no date, or the other polarization is missing.
 */
export function findSarFiles(given: readonly string[]): SarFiles[] {
  const scenes = new Map<string, { date: string; images: Map<string, string> }>();
  for (const image of given.flatMap(rastersOf)) {
    const name = path.basename(image);
    const named = new Set([...name.matchAll(POLARIZATION)].map(([word]) => word.toUpperCase()));
    const polarization = named.size === 1 ? [...named][0] : 'both';
    const stem = polarization === 'both' ? name : name.replaceAll(POLARIZATION, '*');
    const date = dateOf(image);
    if (date === undefined) {
      throw new DataError(
        `${image}: neither its name nor its folders' tell a date such as 20170613 or 2017-06-13: rename it, or name ` +
          'the scenes in a catalog with a column of dates (--catalog).',
      );
    }
    const key = path.join(path.dirname(image), stem);
    const scene = scenes.get(key) ?? { date, images: new Map() };
    scenes.set(key, scene);
    if (scene.images.has(polarization)) {
      throw new DataError(
        `${image} and ${scene.images.get(polarization)} are both ${polarization} of a scene.`,
      );
    }
    scene.images.set(polarization, image);
  }
  return [...scenes.values()].map(({ date, images }) => {
    const both = images.get('both');
    if (both !== undefined) return { date, images: [both] };
    const [vv, vh] = POLARIZATIONS.map((one) => images.get(one));
    if (vv === undefined || vh === undefined) {
      const [has, lacks] = vv === undefined ? ['VH', 'VV'] : ['VV', 'VH'];
      throw new DataError(
        `${vv ?? vh}: it is ${has} by its name, and there is no ${lacks} of the same name beside it.`,
      );
    }
    return { date, images: [vv, vh] };
  });
}

function dateOf(image: string): string | undefined {
  const parts = image.split(/[\\/]/).reverse();
  for (const part of parts) {
    const date = dateIn(part);
    if (date !== undefined) return date;
  }
  return undefined;
}

/** A file or an address itself; of a folder the GeoTIFFs in it, in the order of their names. */
function rastersOf(given: string): string[] {
  if (/^https?:\/\//i.test(given)) return [given];
  if (!existsSync(given)) throw new DataError(`${given}: there is no such file or folder.`);
  if (!statSync(given).isDirectory()) return [given];
  const names = readdirSync(given, { recursive: true, encoding: 'utf8' });
  const rasters = names.filter((name) => /\.tiff?$/i.test(name)).sort();
  if (rasters.length === 0) throw new DataError(`${given} holds no .tif file.`);
  return rasters.map((name) => path.join(given, name));
}
