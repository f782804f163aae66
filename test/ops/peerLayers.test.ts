import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { getTimestepEmbedding, type TimestepEmbeddingOptions } from '../../src/diffusion/index.js';
import { attention } from '../../src/ops/attention.js';
import { avgPool2d } from '../../src/ops/avgPool2d.js';
import { downsampleConv2d } from '../../src/ops/downsampleConv2d.js';
import { geglu } from '../../src/ops/geglu.js';
import { gelu } from '../../src/ops/gelu.js';
import { groupNorm } from '../../src/ops/groupNorm.js';
import type { InterpolationMode } from '../../src/ops/interpolationMatrix.js';
import { layerNorm } from '../../src/ops/layerNorm.js';
import { linear } from '../../src/ops/linear.js';
import { mish } from '../../src/ops/mish.js';
import { quickGelu } from '../../src/ops/quickGelu.js';
import { resample2d } from '../../src/ops/resample2d.js';
import { rmsNorm } from '../../src/ops/rmsNorm.js';
import { silu } from '../../src/ops/silu.js';
import { upsampleNearest2d } from '../../src/ops/upsampleNearest2d.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose } from '../support/compare.js';
import { readFixture } from '../support/fixtures.js';
import { layouts, permuted, readTensors, uploaded } from '../support/peerFamily.js';

interface LayerCase {
  name: string;
  layer: string;
  hyper: Record<string, unknown>;
  inputs: string[];
  parameters: string[];
  tolerance_abs: Record<string, number>;
}

interface EmbeddingCase {
  key: string;
  timesteps: number[];
  dim: number;
  flip_sin_to_cos: boolean;
  downscale_freq_shift: number;
  scale: number;
  max_period: number;
  tolerance_abs: number;
}

const { cases, timestep_embedding } = readFixture<{
  cases: LayerCase[];
  timestep_embedding: EmbeddingCase[];
}>('peers/layers/cases.json');
const tensors = readTensors('peers/layers/layers.safetensors');

beforeAll(startTestBackend);

/** WebGPU promises less of exp and tanh. */
const slack = process.env.TEST_BACKEND === 'webgpu' ? 5 : 1;

type Rows = tf.Tensor;
type Image = tf.Tensor4D;
type Op = (...tensors: tf.Tensor[]) => tf.Tensor;

/** How the axes of a case's tensor move, and the shape it then gets. */
function layoutOf(
  { layer }: LayerCase,
  name: string,
  shape: number[],
): { axes?: number[]; shape?: number[] } {
  if (layer === 'attention') {
    const [batch, heads, length, size] = shape;
    return { axes: [0, 2, 1, 3], shape: [batch, length, heads * size] };
  }
  if (name.endsWith('weight') && shape.length === 4) return { axes: layouts.filter };
  if (name.endsWith('weight') && shape.length === 2) return { axes: layouts.matrix };
  return shape.length === 4 ? { axes: layouts.image } : {};
}

/** Operations by a case's `layer`; the arguments are its inputs, then its parameters. */
function operationOf({ name, layer, hyper }: LayerCase): Op {
  const epsilon = Number(hyper.eps);
  switch (layer) {
    case 'group_norm':
      return (x, weight, bias) =>
        groupNorm(x as Image, weight as tf.Tensor1D, bias as tf.Tensor1D, {
          groups: Number(hyper.groups),
          epsilon,
        });
    case 'layer_norm':
      return (x: Rows, weight?: Rows, bias?: Rows) =>
        layerNorm(x, { weight: weight as tf.Tensor1D, bias: bias as tf.Tensor1D, epsilon });
    case 'rms_norm':
      return (x, weight) => rmsNorm(x, weight as tf.Tensor1D, { epsilon });
    case 'silu':
      return silu;
    case 'gelu_exact':
      return (x) => gelu(x);
    case 'gelu_tanh':
      return (x) => gelu(x, { approximate: 'tanh' });
    case 'quick_gelu':
      return quickGelu;
    case 'mish':
      return mish;
    case 'geglu':
      return (x, weight, bias) => tf.tidy(() => geglu(linear(x, weight as tf.Tensor2D, bias as tf.Tensor1D)));
    case 'attention': {
      const mask = hyper.mask === null ? undefined : uploaded<tf.Rank.R4>(tensors.get(`${name}/mask`)!);
      const heads = tensors.get(`${name}/q`)!.shape[1];
      return (...qkv) => {
        const [q, k, v] = qkv as tf.Tensor3D[];
        return attention(q, k, v, { heads, scale: Number(hyper.scale), mask });
      };
    }
    case 'avg_pool':
      return (x) => avgPool2d(x as Image);
    case 'conv_down': {
      const pads = (hyper.pad_left_right_top_bottom as number[]).join();
      if (hyper.stride !== 2 || !['1,1,1,1', '0,1,0,1'].includes(pads)) throw new Error(`${name}: ${pads}`);
      const padding = pads === '1,1,1,1' ? 'around' : 'after';
      return (x, weight, bias) =>
        downsampleConv2d(x as Image, weight as tf.Tensor4D, bias as tf.Tensor1D, { padding });
    }
    case 'interpolate': {
      const [height, width] = tensors.get(`${name}/x`)!.shape.slice(2);
      const factor = Number(hyper.scale_factor);
      const size = (hyper.size as [number, number] | undefined) ?? [factor * height, factor * width];
      const mode = hyper.mode as InterpolationMode;
      if (mode === 'nearest' && factor === 2) return (x) => upsampleNearest2d(x as Image);
      return (x) => resample2d(x as Image, { size, mode, alignCorners: hyper.align_corners === true });
    }
    default:
      throw new Error(`${name}: no operation for the layer '${layer}'.`);
  }
}

describe('single layers of PyTorch and diffusers', () => {
  for (const layerCase of cases) {
    it(layerCase.name, async () => {
      const names = [...layerCase.inputs, ...layerCase.parameters];
      const read = (name: string) => {
        const tensor = tensors.get(`${layerCase.name}/${name}`)!;
        const { axes, shape } = layoutOf(layerCase, name, tensor.shape);
        const moved = permuted(
          tensor as { shape: number[]; data: Float32Array },
          axes ?? tensor.shape.map((_, i) => i),
        );
        return { shape: shape ?? moved.shape, data: moved.data };
      };
      const upload = (name: string) => {
        const { data, shape } = read(name);
        return tf.tensor(data, shape);
      };
      const operation = operationOf(layerCase);
      const inputs = names.map(upload);
      const y = await expectTensorsKept(1, () => operation(...inputs));
      const tolerance = (name: string) => ({ abs: slack * layerCase.tolerance_abs[name] });
      expect(y.shape).toEqual(read('y').shape);
      expectClose(await y.data(), read('y').data, tolerance('y'));
      const dy = upload('dy');
      const gradients = await expectTensorsKept(names.length, () => tf.grads(operation)(inputs, dy));
      for (const [i, name] of names.entries()) {
        expect(gradients[i].shape).toEqual(read(`d${name}`).shape);
        expectClose(await gradients[i].data(), read(`d${name}`).data, tolerance(`d${name}`));
      }
    });
  }
});

describe('timestep embedding of diffusers', () => {
  for (const embeddingCase of timestep_embedding) {
    const { key, timesteps, dim, tolerance_abs } = embeddingCase;
    it(key, async () => {
      const options: TimestepEmbeddingOptions = {
        maxPeriod: embeddingCase.max_period,
        flipSinToCos: embeddingCase.flip_sin_to_cos,
        downscaleFreqShift: embeddingCase.downscale_freq_shift,
        scale: embeddingCase.scale,
      };
      const expected = tensors.get(key)!;
      for (const t of [timesteps, tf.tensor1d(timesteps)]) {
        const embedding = getTimestepEmbedding(t, dim, options);
        expect(embedding.shape).toEqual(expected.shape);
        expectClose(await embedding.data(), expected.data as Float32Array, { abs: tolerance_abs });
      }
    });
  }
});
