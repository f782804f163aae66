import type * as tf from '@tensorflow/tfjs-core';
import { attribute, type EagerOps } from './EagerOps.js';
import { empty } from './empty.js';
import type { NodeKernel } from './NodeKernel.js';

/** What the operations that `setup:tfjs-node` compiles take for a tensor that is missing: one without values. */
const optional = (ops: EagerOps, tensor: tf.TensorInfo | undefined) => tensor ?? empty(ops);

const groupAttributes = (groups: number, silu: number) => [
  attribute('groups', 'int', groups),
  attribute('silu', 'bool', silu !== 0),
];

/** [x, weight, bias], groups, epsilon and silu → the normalised activation, mean and deviation of each group. */
export const groupNorm: NodeKernel = {
  name: 'DiffusionSslGroupNorm',
  compute(ops, { x, weight, bias }, { groups = 1, epsilon = 1e-5, silu = 0 }) {
    const attributes = [...groupAttributes(groups, silu), attribute('epsilon', 'float', epsilon)];
    return ops.runAll('DiffusionSslGroupNorm', attributes, [x, weight, bias], 3);
  },
};

/** [x, dy, mean, deviation, weight, bias], groups and silu → gradients of x, weight and bias. */
export const groupNormGradient: NodeKernel = {
  name: 'DiffusionSslGroupNormGradient',
  compute(ops, { x, dy, mean, deviation, weight, bias }, { groups = 1, silu = 0 }) {
    const inputs = [x, dy, mean, deviation, weight, bias];
    return ops.runAll('DiffusionSslGroupNormGradient', groupAttributes(groups, silu), inputs, 3);
  },
};

/** [x, weight?, bias?] and epsilon → the normalised rows, mean and deviation of each. */
export const layerNorm: NodeKernel = {
  name: 'DiffusionSslLayerNorm',
  compute(ops, { x, weight, bias }, { epsilon = 1e-5 }) {
    const inputs = [x, optional(ops, weight), optional(ops, bias)];
    return ops.runAll('DiffusionSslLayerNorm', [attribute('epsilon', 'float', epsilon)], inputs, 3);
  },
};

/** [x, dy, mean, deviation, weight?] → gradients of x, weight and bias. */
export const layerNormGradient: NodeKernel = {
  name: 'DiffusionSslLayerNormGradient',
  compute(ops, { x, dy, mean, deviation, weight }) {
    const inputs = [x, dy, mean, deviation, optional(ops, weight)];
    return ops.runAll('DiffusionSslLayerNormGradient', [], inputs, 3).slice(0, weight ? 3 : 1);
  },
};

/** [x] and kind (0: SiLU, 1: exact GELU, 2: its approximation by tanh) → the activation of x. */
export const activate: NodeKernel = {
  name: 'DiffusionSslActivate',
  compute: (ops, { x }, { kind = 0 }) => ops.run('DiffusionSslActivate', [attribute('kind', 'int', kind)], x),
};

/** [x, dy] and kind → the gradient of x. */
export const activateGradient: NodeKernel = {
  name: 'DiffusionSslActivateGradient',
  compute: (ops, { x, dy }, { kind = 0 }) =>
    ops.run('DiffusionSslActivateGradient', [attribute('kind', 'int', kind)], x, dy),
};

/** [x] → the first half of its channels times exact GELU of the second. */
export const geglu: NodeKernel = {
  name: 'DiffusionSslGeglu',
  compute: (ops, { x }) => ops.run('DiffusionSslGeglu', [], x),
};

/** [x, dy] → the gradient of x. */
export const gegluGradient: NodeKernel = {
  name: 'DiffusionSslGegluGradient',
  compute: (ops, { x, dy }) => ops.run('DiffusionSslGegluGradient', [], x, dy),
};

const attentionAttributes = (heads: number, scale: number) => [
  attribute('heads', 'int', heads),
  attribute('scale', 'float', scale),
];

/** [q, k, v, mask?], heads and scale → attention. */
export const dotAttention: NodeKernel = {
  name: 'DiffusionSslAttention',
  compute: (ops, { q, k, v, mask }, { heads = 1, scale = 1 }) =>
    ops.run('DiffusionSslAttention', attentionAttributes(heads, scale), q, k, v, optional(ops, mask)),
};

/** [dy, q, k, v, mask?], heads and scale → gradients of q, k and v. */
export const dotAttentionGradient: NodeKernel = {
  name: 'DiffusionSslAttentionGradient',
  compute(ops, { dy, q, k, v, mask }, { heads = 1, scale = 1 }) {
    const inputs = [dy, q, k, v, optional(ops, mask)];
    return ops.runAll('DiffusionSslAttentionGradient', attentionAttributes(heads, scale), inputs, 3);
  },
};

/** [x] → the mean over the pixels of each image: [batch, 1, 1, channels]. */
export const pixelMean: NodeKernel = {
  name: 'DiffusionSslPixelMean',
  compute: (ops, { x }) => ops.run('DiffusionSslPixelMean', [], x),
};

/** [x, shift] → x plus one value a channel of each image. */
export const addToPixels: NodeKernel = {
  name: 'DiffusionSslAddToPixels',
  compute: (ops, { x, shift }) => ops.run('DiffusionSslAddToPixels', [], x, shift),
};
