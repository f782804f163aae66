import { DataError } from '../errors/DataError.js';
import { ForestHead } from './ForestHead.js';
import type { Head, HeadJson } from './Head.js';
import { KNearestHead } from './KNearestHead.js';
import { LinearHead } from './LinearHead.js';
import { MlpEnsembleHead } from './MlpEnsembleHead.js';

const KINDS: Record<string, (json: HeadJson) => Head> = {
  linear: LinearHead.fromJSON,
  kNearest: KNearestHead.fromJSON,
  mlpEnsemble: MlpEnsembleHead.fromJSON,
  forest: ForestHead.fromJSON,
};

/**
 * A head of the kinds of this package, from what its `toJSON` gave: it predicts the same, bit for bit on the same
 * backend.
 *
 * @throws If it is no head of a known kind, or damaged.
 * @example
 * ```ts
 * import { initBackend } from 'diffusion-ssl/backends/node';
 * import { headFromJson, kNearestNeighbours } from 'diffusion-ssl/heads';
 *
 * await initBackend();
 * const head = await kNearestNeighbours(new Float32Array([0, 1, 1, 0]), new Int32Array([0, 1]), { k: 1 });
 * const again = headFromJson(JSON.parse(JSON.stringify(head)));
 * console.log(await again.predict(new Float32Array([1, 0.1]))); // [0, 1]
 * ```
 */
export function headFromJson(json: HeadJson): Head {
  const type = json?.type;
  if (!Object.hasOwn(KINDS, type)) {
    const kinds = Object.keys(KINDS)
      .map((kind) => `'${kind}'`)
      .join(', ');
    throw new DataError(`This is no head: its type is ${JSON.stringify(type)}; it must be one of ${kinds}.`);
  }
  return KINDS[type](json);
}
