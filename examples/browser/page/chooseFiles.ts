import type { PlacedFile } from './PlacedFile.js';

/** What the page does with files that were dropped or chosen, and with which of them. */
export interface ChosenFiles {
  kind: 'model' | 'checkpoint' | 'chips' | 'points';
  files: readonly PlacedFile[];
}

/**
 * Finds among files, such as those of a folder, what they were dropped for: the folder of a model, else a checkpoint,
 * else points, else GeoTIFFs.
 *
 * @throws If there are several models or checkpoints, or a folder holds nothing of all this.
 */
export function chooseFiles(dropped: readonly PlacedFile[]): ChosenFiles {
  const files = dropped.filter(({ path }) => !isHidden(path));
  const models = ['diffusion_ssl.json', 'config.json']
    .map((name) => files.filter(({ path }) => nameOf(path) === name))
    .find((found) => found.length > 0);
  if (models) {
    const [folder, ...others] = models.map(({ path }) => folderOf(path));
    if (others.length > 0) throw severalOf('models', [folder, ...others]);
    return { kind: 'model', files: files.filter(({ path }) => folderOf(path) === folder) };
  }
  const checkpoints = files.filter(({ path }) => /\.safetensors$/i.test(path));
  if (checkpoints.length > 1)
    throw severalOf(
      'checkpoints',
      checkpoints.map(({ path }) => path),
    );
  if (checkpoints.length === 1) return { kind: 'checkpoint', files: checkpoints };
  const points = files.filter(({ path }) => /\.geojson$/i.test(path));
  if (points.length > 1)
    throw severalOf(
      'files of points',
      points.map(({ path }) => path),
    );
  if (points.length === 1) return { kind: 'points', files: points };
  // Of a folder only what is named so: there is a catalog beside chips. What was dropped itself is said if it is none.
  const chips = files.filter(({ path }) => folderOf(path) === '' || /\.tiff?$/i.test(path));
  if (chips.length === 0)
    throw new Error(
      `There is no GeoTIFF, no model (config.json and its weights) and no checkpoint (.safetensors) in ` +
        `${dropped[0]?.path.split('/')[0] ?? 'it'}.`,
    );
  return { kind: 'chips', files: chips };
}

function severalOf(what: string, places: readonly string[]): Error {
  const shown = places.slice(0, 4).map((place) => place || 'the files themselves');
  return new Error(
    `There are several ${what}: ${shown.join(', ')}${places.length > 4 ? ', …' : ''}. Choose one.`,
  );
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string) => path.split('/').slice(0, -1).join('/');

/** What systems put beside files of their own accord. */
const isHidden = (path: string) =>
  path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
