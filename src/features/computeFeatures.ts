import * as tf from '@tensorflow/tfjs-core';
import type { FeatureDenoiser } from '../diffusion/FeatureDenoiser.js';
import { qSample } from '../diffusion/qSample.js';
import { inFunction } from '../internal/inFunction.js';
import { invertDdim } from '../samplers/invertDdim.js';
import type { FeatureOptions } from './FeatureOptions.js';
import { pixelNoise } from './pixelNoise.js';

type Options<C> = Omit<FeatureOptions<C>, 'cache' | 'memoryLimit'>;

/** Computes the maps that `extractFeatures` gives, layers changing fastest. */
export async function computeFeatures<C>(
  denoiser: FeatureDenoiser<C>,
  x: tf.Tensor4D,
  options: Options<C>,
): Promise<tf.Tensor[]> {
  const { timesteps, layers, alphaBars = [], condition, noise = 'shared' } = options;
  const maps: tf.Tensor[] = [];
  const inverted = options.inversion ? await invertTo(denoiser, x, options) : undefined;
  const draw =
    noise === 'shared' && !inverted ? inFunction('extractFeatures', () => drawNoise(x, options)) : undefined;
  try {
    for (const t of timesteps) {
      const activations = tf.tidy(() => {
        const noisy = draw ? qSample(x, new Int32Array(x.shape[0]).fill(t), alphaBars, draw) : x;
        const told = tf.fill([x.shape[0]], t, 'int32') as tf.Tensor1D;
        return denoiser.activations(inverted?.get(t) ?? noisy, told, condition as C, layers);
      });
      maps.push(...activations);
    }
    return maps;
  } catch (error) {
    tf.dispose(maps);
    throw error;
  } finally {
    tf.dispose([...(inverted?.values() ?? [])]);
    draw?.dispose();
  }
}

/** The noise of one chip, once for each. */
function drawNoise(x: tf.Tensor4D, { seed, origin }: Pick<Options<unknown>, 'seed' | 'origin'>): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  return tf.tidy(() => {
    const noise = pixelNoise([height, width, channels], { seed, origin });
    return tf.stack(new Array<tf.Tensor>(batch).fill(noise)) as tf.Tensor4D;
  });
}

/** The images' own noisy versions at the timesteps, by DDIM backwards. */
async function invertTo<C>(
  denoiser: FeatureDenoiser<C>,
  x: tf.Tensor4D,
  { timesteps, alphaBars = [], inversion = {}, condition }: Options<C>,
): Promise<Map<number, tf.Tensor>> {
  const { steps = 50, predictionType } = inversion;
  const last = Math.max(...timesteps);
  const laid = Array.from({ length: steps }, (_, i) => Math.round((last * (i + 1)) / steps));
  const visited = [...new Set([...laid, ...timesteps])].sort((a, b) => b - a);
  const noisy = new Map<number, tf.Tensor>();
  // A step is told the timestep that it goes to: what it leads to is what the next one begins with.
  let reached: number | undefined;
  try {
    const end = await invertDdim(denoiser, alphaBars, x, {
      timesteps: visited,
      steps: visited.length,
      predictionType,
      condition,
      onStep: ({ t, xT }) => {
        if (reached !== undefined && timesteps.includes(reached)) noisy.set(reached, tf.clone(xT));
        reached = t;
      },
    });
    return noisy.set(last, end);
  } catch (error) {
    tf.dispose([...noisy.values()]);
    throw error;
  }
}
