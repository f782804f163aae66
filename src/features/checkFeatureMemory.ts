import * as tf from '@tensorflow/tfjs-core';
import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import { ConfigError } from '../errors/ConfigError.js';
import { estimateFeatureMemory } from './estimateFeatureMemory.js';
import type { FeatureLayers } from './FeatureOptions.js';

/** What WebAssembly can address. */
const WASM_BYTES = 2 ** 32;

/** Throws if a pass takes more than it may; the error says what takes it and what to lower. */
export function checkFeatureMemory(
  denoiser: Pick<FeatureDenoiser<never>, 'planActivations'>,
  shape: readonly number[],
  { memoryLimit, ...options }: FeatureLayers & { memoryLimit?: number },
): void {
  const limit = memoryLimit ?? (tf.getBackend() === 'wasm' ? WASM_BYTES : Number.POSITIVE_INFINITY);
  const { total, maps, pass } = estimateFeatureMemory(denoiser, shape, options);
  if (total <= limit) return;
  const { timesteps, layers } = options;
  throw new ConfigError(
    `extractFeatures: ${shape[0]} images of ${shape.slice(1, 3).join(' × ')} take ${gib(total)} (the forward pass ` +
      `${gib(pass)}, the features of ${layers.length} layers at ${timesteps.length} timesteps ${gib(maps)}), ` +
      `more than memoryLimit, ${gib(limit)}. Lower the number of images a call, then of timesteps and layers, or the ` +
      "images' size.",
  );
}

const gib = (bytes: number) => `${(bytes / 2 ** 30).toPrecision(3)} GiB`;
