import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeGeoTiff } from 'diffusion-ssl/data';
import type { Plugin } from 'vite';
import { DEGREES, readWorld, WIDTH } from '../../trainer/src/data/blueMarble.js';
import { SAMPLE_BANDS } from '../../trainer/src/data/buildSampleChips.js';

/** Its upper left pixel on the map of the world, and pixels a side: from 60° N, 20° W to 15° N, 25° E. */
const [TOP, LEFT, SIDE] = [341, 1820, 512];
const BANDS = SAMPLE_BANDS.length;

/**
 * Puts `samples/scene.tif` into the page's folder: 512×512 pixels of NASA's Blue Marble, western Europe and north-west
 * Africa, with its place on the globe. It is cut once, into `data/`.
 */
export function sampleScene(root: string): Plugin {
  return {
    name: 'sample-scene',
    apply: 'build',
    async generateBundle() {
      const file = path.join(root, 'data/page-scene.tif');
      if (!existsSync(file)) {
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, await cutScene());
      }
      this.emitFile({ type: 'asset', fileName: 'samples/scene.tif', source: readFileSync(file) });
    },
  };
}

async function cutScene(): Promise<Uint8Array> {
  const { image } = await readWorld(undefined);
  const data = new Uint8Array(SIDE * SIDE * BANDS);
  for (let row = 0; row < SIDE; row++) {
    const from = ((TOP + row) * WIDTH + LEFT) * BANDS;
    data.set(image.subarray(from, from + SIDE * BANDS), row * SIDE * BANDS);
  }
  return encodeGeoTiff({
    ...{ width: SIDE, height: SIDE, bands: BANDS, data, bandNames: SAMPLE_BANDS, epsg: 4326 },
    transform: [DEGREES, 0, LEFT * DEGREES - 180, 0, -DEGREES, 90 - TOP * DEGREES],
  });
}
