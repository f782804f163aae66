import type * as tf from '@tensorflow/tfjs-core';
import type { KernelModule } from './KernelModule.js';
import type { TrainingKernel } from './TrainingKernel.js';
import { alignFloats } from './winogradSizes.js';

/** Queries, or keys, of a block: its scores for all keys are held at a time, for each thread. */
const BLOCK_ROWS = 48;
/** Products worth a thread's while. */
const GRAIN_PRODUCTS = 1 << 20;
const PANEL = 8;
/** Heads of a batch from which on each is one item of the gradient: fewer are cut, at the cost of weights twice. */
const MANY_HEADS = 16;

/** Floats of a matrix that is packed in panels of 8 columns. */
const packedFloats = (depth: number, columns: number) =>
  alignFloats(Math.ceil(columns / PANEL) * PANEL * depth);

/** Floats of a block's table of addresses. */
const TABLE_FLOATS = (BLOCK_ROWS / 6) * 12;

interface Matrices {
  /** Address of [batch, tokens, heads · size]. */
  source: number;
  tokens: number;
  size: number;
  /** Whether the tokens are the depth of the product, else its columns. */
  isAlong: boolean;
}

/** What has been packed: where, and the floats of each matrix. */
interface Packed {
  address: number;
  floats: number;
}

/** Takes scratch memory for matrices packed and more floats behind them, and packs. */
function packAll(kernels: KernelModule, [batch, heads]: number[], sources: Matrices[], more: number) {
  const sizes = sources.map(({ tokens, size, isAlong }) =>
    isAlong ? packedFloats(tokens, size) : packedFloats(size, tokens),
  );
  let address = kernels.workspace(sizes.reduce((sum, floats) => sum + floats * batch * heads, 0) + more);
  const packed = sources.map(({ source, tokens, size, isAlong }, i): Packed => {
    const result = { address, floats: sizes[i] };
    const grain = Math.ceil(GRAIN_PRODUCTS / 16 / (tokens * size));
    const layout = [tokens, heads, size, Number(isAlong), sizes[i]];
    kernels.run('attentionPack', batch * heads, grain, source, address, ...layout);
    address += 4 * sizes[i] * batch * heads;
    return result;
  });
  return { packed, rest: address };
}

/** The strides of a mask [batch, heads, queries, keys], 0 where it has length 1, in floats. */
function maskStrides(mask: tf.TensorInfo | undefined): number[] {
  if (!mask) return [0, 0, 0, 0];
  return mask.shape.map((side, i) => (side === 1 ? 0 : mask.shape.slice(i + 1).reduce((a, b) => a * b, 1)));
}

/** [q, k, v, mask?], heads and scale → attention. */
export const dotAttention: TrainingKernel = {
  name: 'DiffusionSslAttention',
  compute(kernels, { q, k, v, mask }, { heads = 1, scale = 1 }) {
    const [batch, queries, channels] = q.shape;
    const [, keyCount, valueChannels] = v.shape;
    const [size, valueSize] = [channels / heads, valueChannels / heads];
    const scratchFloats = alignFloats(TABLE_FLOATS + BLOCK_ROWS * (2 + keyCount));
    const { packed, rest } = packAll(
      kernels,
      [batch, heads],
      [
        { source: kernels.pointer(k), tokens: keyCount, size, isAlong: false },
        { source: kernels.pointer(v), tokens: keyCount, size: valueSize, isAlong: true },
      ],
      kernels.threads * scratchFloats,
    );
    const y = kernels.output([batch, queries, valueChannels]);
    const [keys, values] = packed;
    kernels.run(
      'attend',
      batch * heads * Math.ceil(queries / BLOCK_ROWS),
      Math.ceil(GRAIN_PRODUCTS / (Math.min(BLOCK_ROWS, queries) * keyCount * (size + valueSize))),
      ...[kernels.pointer(q), keys.address, values.address, kernels.pointer(y)],
      ...[mask ? kernels.pointer(mask) : 0, rest, 4 * scratchFloats],
      ...[heads, queries, keyCount, size, valueSize, BLOCK_ROWS, keys.floats, values.floats, scale],
      ...maskStrides(mask),
    );
    return y;
  },
};

/** The gradients of q, k and v, each head as a whole. */
function gradientOfHeads(
  kernels: KernelModule,
  { dy, q, k, v, mask }: Record<string, tf.TensorInfo>,
  heads: number,
  scale: number,
): tf.TensorInfo[] {
  const [batch, queries, channels] = q.shape;
  const [, keyCount, valueChannels] = v.shape;
  const [size, valueSize] = [channels / heads, valueChannels / heads];
  const [qs, ks, vs, dys] = [q, k, v, dy].map((tensor) => kernels.pointer(tensor));
  const scratchFloats = alignFloats(TABLE_FLOATS + 4 + 2 * BLOCK_ROWS * (keyCount + 7));
  const { packed, rest } = packAll(
    kernels,
    [batch, heads],
    [
      { source: ks, tokens: keyCount, size, isAlong: false },
      { source: vs, tokens: keyCount, size: valueSize, isAlong: false },
      { source: ks, tokens: keyCount, size, isAlong: true },
    ],
    kernels.threads * scratchFloats,
  );
  const gradients = [q, k, v].map(({ shape }) => kernels.output(shape));
  kernels.run(
    'attendGradient',
    batch * heads,
    Math.ceil(GRAIN_PRODUCTS / (queries * keyCount * (3 * size + 2 * valueSize))),
    ...[qs, dys, ...packed.map(({ address }) => address)],
    ...gradients.map((tensor) => kernels.pointer(tensor)),
    ...[mask ? kernels.pointer(mask) : 0, rest, 4 * scratchFloats],
    ...[heads, queries, keyCount, size, valueSize, BLOCK_ROWS],
    ...[...packed.map(({ floats }) => floats), scale, ...maskStrides(mask)],
  );
  return gradients;
}

/** [dy, q, k, v, mask?], heads and scale → gradients of q, k and v. */
export const dotAttentionGradient: TrainingKernel = {
  name: 'DiffusionSslAttentionGradient',
  compute(kernels, inputs, { heads = 1, scale = 1 }) {
    const { dy, q, k, v, mask } = inputs;
    const [batch, queries, channels] = q.shape;
    if (batch * heads >= MANY_HEADS) return gradientOfHeads(kernels, inputs, heads, scale);
    const [, keyCount, valueChannels] = v.shape;
    const [size, valueSize] = [channels / heads, valueChannels / heads];
    const [qs, ks, vs, dys] = [q, k, v, dy].map((tensor) => kernels.pointer(tensor));
    const statisticsFloats = alignFloats(3 * batch * heads * queries);
    const scratchFloats = alignFloats(TABLE_FLOATS + 2 * BLOCK_ROWS * Math.max(queries, keyCount));
    const { packed, rest } = packAll(
      kernels,
      [batch, heads],
      [
        { source: ks, tokens: keyCount, size, isAlong: false },
        { source: vs, tokens: keyCount, size: valueSize, isAlong: false },
        { source: ks, tokens: keyCount, size, isAlong: true },
        { source: qs, tokens: queries, size, isAlong: false },
        { source: dys, tokens: queries, size: valueSize, isAlong: false },
        { source: qs, tokens: queries, size, isAlong: true },
        { source: dys, tokens: queries, size: valueSize, isAlong: true },
      ],
      statisticsFloats + kernels.threads * scratchFloats,
    );
    const scratch = rest + 4 * statisticsFloats;
    const gradients = [q, k, v].map(({ shape }) => kernels.output(shape));
    const [dq, dk, dv] = gradients.map((tensor) => kernels.pointer(tensor));
    const masked = [mask ? kernels.pointer(mask) : 0, scratch, 4 * scratchFloats];
    const sizes = [heads, queries, keyCount, size, valueSize, BLOCK_ROWS];
    const addresses = packed.map(({ address }) => address);
    const floats = packed.map(({ floats }) => floats);
    kernels.run(
      'attendQueryGradient',
      batch * heads * Math.ceil(queries / BLOCK_ROWS),
      Math.ceil(GRAIN_PRODUCTS / (Math.min(BLOCK_ROWS, queries) * keyCount * (2 * size + valueSize))),
      ...[qs, dys, ...addresses.slice(0, 3), dq, rest, ...masked, ...sizes, ...floats.slice(0, 3), scale],
      ...maskStrides(mask),
    );
    kernels.run(
      'attendKeyGradient',
      batch * heads * Math.ceil(keyCount / BLOCK_ROWS),
      Math.ceil(GRAIN_PRODUCTS / (Math.min(BLOCK_ROWS, keyCount) * queries * 2 * (size + valueSize))),
      ...[ks, vs, ...addresses.slice(3), dk, dv, rest, ...masked, ...sizes, ...floats.slice(3), scale],
      ...maskStrides(mask),
    );
    return gradients;
  },
};
