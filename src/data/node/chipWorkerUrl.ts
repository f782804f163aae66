import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../../errors/ConfigError.js';

/** Beside this module or a bundle's shared chunk, or, for a run from the sources, in the built package. */
const PLACES = ['./chipWorker.js', './data/node/chipWorker.js', '../../../dist/data/node/chipWorker.js'];

/** Where the worker's built file is. */
export function chipWorkerUrl(): URL {
  const urls = PLACES.map((place) => new URL(place, import.meta.url));
  const found = urls.find((url) => url.protocol === 'file:' && existsSync(fileURLToPath(url)));
  if (!found) {
    throw new ConfigError(
      `createChipLoader: the worker file chipWorker.js is not at ${urls[0].href}; ` +
        'pass workerUrl, or workers: 0 to read chips in the main thread.',
    );
  }
  return found;
}
