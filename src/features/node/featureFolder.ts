import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '../../errors/DataError.js';
import { fileError } from '../../training/node/fileError.js';
import type { FeatureStore } from '../FeatureCache.js';

let counter = 0;

/**
 * A folder as the store of a cache of features: a file an image, `OPTIONS/IMAGE.safetensors`, which Python reads too.
 *
 * Files are written beside their place and renamed, so processes may share a folder. They are not synced to disk: one
 * that a crash of the machine has cut is found out by its checksum and made again. Remove the folder to empty the
 * cache.
 *
 * @param folder Made at the first write.
 * @throws {DataError} (rejects, on a call) If a file can be neither read nor written, as on a full disk.
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { extractFeatures, weightsFingerprint } from 'diffusion-ssl/features';
 * import { featureFolder } from 'diffusion-ssl/features/node';
 * import { inferenceModel, namedParameters, unetAttD } from 'diffusion-ssl/models';
 *
 * const model = unetAttD({ filterConfig: [4, 4, 8, 8, 8, 8] });
 * const fingerprint = await weightsFingerprint(namedParameters(model));
 * const cache = { store: featureFolder(mkdtempSync('/tmp/features-')), fingerprint };
 * const options = { timesteps: [0], layers: ['conv5'], noise: 'none', cache } as const;
 * const { denoiser } = inferenceModel(model);
 * const [{ map }] = await extractFeatures(denoiser, tf.ones([2, 32, 32, 4]), options); // a second call reads two files
 * console.log(map.shape); // [2, 32, 32, 4]
 * ```
 */
export function featureFolder(folder: string): FeatureStore {
  const fileOf = (name: string) => path.join(folder, `${name}.safetensors`);
  return {
    get: async (name) => {
      try {
        return await readFile(fileOf(name));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new DataError(`featureFolder: cannot read '${fileOf(name)}' (${(cause as Error).message}).`, {
          cause,
        });
      }
    },
    set: async (name, bytes) => {
      const file = fileOf(name);
      const temporary = `${file}.${process.pid}-${counter++}.tmp`;
      try {
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(temporary, bytes);
        await rename(temporary, file);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw fileError('featureFolder', file, error);
      }
    },
  };
}
