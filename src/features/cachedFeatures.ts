import * as tf from '@tensorflow/tfjs-core';
import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import { argumentError } from '../internal/checks.js';
import { fingerprint } from '../internal/fingerprint.js';
import { hashArray } from '../internal/hashBytes.js';
import { computeFeatures } from './computeFeatures.js';
import type { FeatureCache } from './FeatureCache.js';
import type { FeatureOptions } from './FeatureOptions.js';
import {
  decodeFeatures,
  encodeFeatures,
  loadFeature,
  type StoredFeatures,
  storeFeature,
} from './featureFile.js';

/** The maps that `computeFeatures` gives, of the cache where it has an image's, which are kept there otherwise. */
export async function cachedFeatures<C>(
  denoiser: FeatureDenoiser<C>,
  x: tf.Tensor4D,
  { cache, ...options }: FeatureOptions<C> & { cache: FeatureCache },
): Promise<tf.Tensor[]> {
  const { timesteps, layers } = options;
  const fields = conditionFields(options.condition);
  const names = await imageNames(x, fields, optionsName(denoiser, cache, options));
  const { shapes } = denoiser.planActivations(x.shape, layers);
  const expected = new Map(
    timesteps.flatMap((t) => layers.map((layer, i) => [`${t}.${layer}`, shapes[i].slice(1)] as const)),
  );
  const images = await Promise.all(
    names.map(async (name) => {
      const bytes = await cache.store.get(name);
      return bytes && decodeFeatures(bytes, expected);
    }),
  );
  const missing = images.flatMap((image, i) => (image ? [] : [i]));
  if (missing.length > 0) {
    const part = <T extends tf.Tensor>(tensor: T) => tf.gather(tensor, tf.tensor1d(missing, 'int32'));
    const { sub, condition } = tf.tidy(() => ({
      sub: part(x),
      condition: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, part(field)])),
    }));
    try {
      const given = options.condition === undefined ? undefined : condition;
      const maps = await computeFeatures(denoiser, sub, { ...options, condition: given as C });
      const computed = await takeApart(maps, [...expected]);
      for (const [i, features] of computed.entries()) {
        await cache.store.set(names[missing[i]], encodeFeatures(features));
        images[missing[i]] = features;
      }
    } finally {
      tf.dispose([sub, condition]);
    }
  }
  return tf.tidy(() =>
    [...expected].map(([name, shape]) => {
      const size = shape.reduce((product, side) => product * side, 1);
      const whole = new Float32Array(images.length * size);
      for (const [i, image] of images.entries()) loadFeature(image!.get(name)!, whole, i * size);
      return tf.tensor(whole, [images.length, ...shape]);
    }),
  );
}

/** The features of each image, as they are kept; the maps are disposed. */
async function takeApart(
  maps: tf.Tensor[],
  names: readonly (readonly [string, readonly number[]])[],
): Promise<StoredFeatures[]> {
  try {
    const values = await Promise.all(maps.map((map) => map.data<'float32'>()));
    return Array.from(
      { length: maps[0].shape[0] },
      (_, i) =>
        new Map(
          names.map(([name, shape], j) => {
            const size = values[j].length / maps[j].shape[0];
            return [name, storeFeature([...shape], values[j].slice(i * size, (i + 1) * size))];
          }),
        ),
    );
  } finally {
    tf.dispose(maps);
  }
}

/** What all images of a call share: the network, and how it is asked. */
function optionsName<C>(
  denoiser: FeatureDenoiser<C>,
  { fingerprint: weights }: FeatureCache,
  { timesteps, layers, alphaBars, noise, seed = 0, origin = [0, 0], inversion }: FeatureOptions<C>,
): string {
  const isNoisy = noise !== 'none' && !inversion;
  return fingerprint(
    JSON.stringify({
      ...{ weights, network: denoiser.layerNames, timesteps, layers },
      schedule: alphaBars && noise !== 'none' ? hashArray(Float64Array.from(alphaBars)) : undefined,
      noise: isNoisy ? { seed, origin } : (inversion ?? 'none'),
    }),
  );
}

/** One name an image: of the options, its own values and its condition's. */
async function imageNames(
  x: tf.Tensor4D,
  fields: Record<string, tf.Tensor>,
  prefix: string,
): Promise<string[]> {
  const parts = await Promise.all(
    [['', x] as const, ...Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))].map(
      async ([name, tensor]) => ({
        ...{ name, shape: tensor.shape.slice(1), dtype: tensor.dtype },
        values: await tensor.data(),
        size: tensor.size / x.shape[0],
      }),
    ),
  );
  return Array.from({ length: x.shape[0] }, (_, i) => {
    const own = parts.map(({ values, size, ...part }) => {
      const slice = values.subarray(i * size, (i + 1) * size);
      return JSON.stringify({ ...part, hash: hashArray(slice) });
    });
    return `${prefix}/${fingerprint(own.join())}`;
  });
}

function conditionFields(condition: unknown): Record<string, tf.Tensor> {
  if (condition === undefined) return {};
  const fields =
    condition instanceof Object && !(condition instanceof tf.Tensor) ? Object.entries(condition) : [];
  if (fields.length === 0 || !fields.every(([, field]) => field instanceof tf.Tensor)) {
    throw argumentError('extractFeatures: condition', condition, 'tensors by name, or none, with a cache');
  }
  return Object.fromEntries(fields);
}
