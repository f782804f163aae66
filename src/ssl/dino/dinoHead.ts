import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../../diffusion/requireBackend.js';
import { checkInteger } from '../../internal/checks.js';
import { DinoHeadLayer } from './DinoHeadLayer.js';

/** Configuration of {@link dinoHead}: the arguments of DINO's `DINOHead`, camelCased. */
export interface DinoHeadConfig {
  /** Features of the backbone. */
  inDim: number;
  /** Values out, what the loss compares. Default 65,536, DINO's; 4,096 or fewer will do for small sets. */
  outDim?: number;
  /** Linear layers before the last one. Default 3. */
  nlayers?: number;
  /** Features between these. Default 2,048. */
  hiddenDim?: number;
  /** Features before the last layer, of length 1. Default 256. */
  bottleneckDim?: number;
  /** Whether the rows of the last layer keep the length 1, which is the steadier. Default true. */
  normLastLayer?: boolean;
  /** Seed of the initial weights. Default 0. */
  seed?: number;
}

/**
 * Builds DINO's projection head, [batch, inDim] → [batch, outDim]; weights have the names of DINO's `DINOHead`.
 *
 * @throws If a number is out of range, or no backend is started.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { dinoHead } from 'diffusion-ssl/ssl/dino';
 *
 * const head = dinoHead({ inDim: 24, outDim: 64, hiddenDim: 32, bottleneckDim: 16 });
 * console.log((head.apply(tf.ones([2, 24])) as tf.Tensor).shape); // [2, 64]
 * ```
 */
export function dinoHead(config: DinoHeadConfig): tfl.LayersModel {
  const { inDim, outDim = 65_536, nlayers = 3, hiddenDim = 2048, bottleneckDim = 256, seed = 0 } = config;
  for (const [key, value] of Object.entries({ inDim, outDim, nlayers, hiddenDim, bottleneckDim })) {
    checkInteger(`dinoHead: ${key}`, value, 1);
  }
  requireBackend('dinoHead');
  tf.serialization.registerClass(
    DinoHeadLayer as unknown as tf.serialization.SerializableConstructor<tf.serialization.Serializable>,
  );
  const { normLastLayer = true } = config;
  const sizes = { inDim, outDim, layers: nlayers, hiddenDim, bottleneckDim, normLastLayer };
  const inputs = tfl.input({ shape: [inDim], name: 'features' });
  const outputs = new DinoHeadLayer({ name: 'head', seed, ...sizes }).apply(inputs) as tfl.SymbolicTensor;
  return tfl.model({ inputs, outputs, name: 'dino_head' });
}
