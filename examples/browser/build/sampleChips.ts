import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeGeoTiff } from 'diffusion-ssl/data';
import { readCatalog } from 'diffusion-ssl/data/node';
import type { Plugin } from 'vite';
import { buildSampleChips } from '../../trainer/src/data/buildSampleChips.js';

const COUNT = 64;

/**
 * Puts `samples/chips.bin` into the page's folder: 64 real chips of 64×64 pixels and 4 bands, as unsigned bytes one
 * after the other, spread over the catalog that the sample-chip builder makes.
 */
export function sampleChips(root: string): Plugin {
  return {
    name: 'sample-chips',
    apply: 'build',
    async generateBundle() {
      const { catalogPath, dataPath } = await buildSampleChips(path.join(root, 'data/blue-marble'));
      const rows = (await readCatalog(catalogPath)).filter(({ usage }) => usage === 'train');
      const chips = await Promise.all(
        Array.from({ length: COUNT }, async (_, i) => {
          const { images } = rows[Math.floor((i * rows.length) / COUNT)];
          const file = path.join(dataPath, images[0]);
          return (await decodeGeoTiff(await readFile(file), { name: file })).data as Uint8Array;
        }),
      );
      this.emitFile({ type: 'asset', fileName: 'samples/chips.bin', source: Buffer.concat(chips) });
    },
  };
}
