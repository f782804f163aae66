import * as tf from '@tensorflow/tfjs-core';
import { convolutionGradient, depthwiseGradient } from './gradients/dilatedGradients.js';
import { einsumGradient } from './gradients/einsumGradient.js';
import { tileGradient } from './gradients/tileGradient.js';

/** Comparisons, which have no slope. */
const FLAT = ['Greater', 'Less', 'LessEqual', 'Equal', 'NotEqual'];

/** What was registered by the last call, to see whether tfjs has put its own back since. */
const registered = new Map<string, tf.GradConfig['gradFunc']>();

/**
 * Registers gradients of stock operations that TensorFlow.js lacks on every backend, or that are of no use there, so
 * that layers of tf.layers train:
 *
 * - convolutions, depthwise and separable ones of a `dilationRate` above 1 (but see below);
 * - `tf.einsum` of one or two tensors;
 * - `tf.tile`, behind `layerNormalization`: tfjs' own takes a slice for each repetition, thousands for an image;
 * - comparisons, behind `thresholdedReLU` and `tf.where`: zero.
 *
 * All else is left as it is. `initBackend` calls it. Call it after `@tensorflow/tfjs-layers` or `@tensorflow/tfjs` is
 * imported, which registers those of TensorFlow.js. `tf.fused.conv2d` asks no registry: a dilated `tf.layers.conv2d`
 * trains with the activations `'relu'` and `'elu'` alone, for which tfjs does not use it.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-layers';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { registerGradients } from 'diffusion-ssl/ops';
 *
 * registerGradients();
 * const x = tf.ones([2, 3]);
 * console.log(await tf.grad((x) => tf.tile(x, [4, 1]))(x).array()); // [ [ 4, 4, 4 ], [ 4, 4, 4 ] ]
 * ```
 */
export function registerGradients(): void {
  register({ kernelName: 'Tile', inputsToSave: ['x'], gradFunc: tileGradient });
  register({ kernelName: 'Einsum', saveAllInputs: true, gradFunc: einsumGradient });
  for (const kernelName of FLAT) register({ kernelName, inputsToSave: ['a', 'b'], gradFunc: flatGradient });
  for (const [kernelName, gradient] of [
    ['Conv2D', convolutionGradient],
    ['DepthwiseConv2dNative', depthwiseGradient],
  ] as const) {
    const stock = tf.getGradient(kernelName);
    if (!stock || stock.gradFunc === registered.get(kernelName)) continue;
    register({
      ...stock,
      gradFunc: (dy, saved, attributes) => {
        const isDilated = [attributes.dilations ?? 1].flat().some((spread) => Number(spread) > 1);
        const [x, filter] = saved as tf.Tensor4D[];
        return isDilated && attributes.dataFormat !== 'NCHW'
          ? gradient({ x, filter, dy: dy as tf.Tensor4D }, attributes)
          : stock.gradFunc(dy, saved, attributes);
      },
    });
  }
}

function register(config: tf.GradConfig): void {
  registered.set(config.kernelName, config.gradFunc);
  tf.registerGradient(config);
}

const flatGradient: tf.GradFunc = (_, [a, b]) => ({ a: () => tf.zerosLike(a), b: () => tf.zerosLike(b) });
