import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ConditionFields } from '../../src/diffusion/Denoiser.js';
import { bandMask } from '../../src/training/bandMask.js';
import { blockMask } from '../../src/training/blockMask.js';
import { maskInput } from '../../src/training/maskInput.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

const key = { seed: 5, stream: 30, step: 2 };
const shape: [number, number, number, number] = [2, 4, 4, 3];
const image = () => tf.reshape(tf.range(1, 97), shape);
const times = () => tf.tensor1d([1, 2], 'int32');
const call = { training: true, step: 4 };

/** What the network is given. */
function recorder() {
  const seen: { x: tf.Tensor; channels: number; condition: unknown; call: unknown }[] = [];
  const network = (x: tf.Tensor, _t: tf.Tensor1D, condition: ConditionFields | undefined, call: unknown) => {
    seen.push({ x: tf.keep(tf.clone(x)), channels: x.shape[3]!, condition, call });
    return tf.slice(x, [0, 0, 0, 0], shape);
  };
  return { network, seen };
}

describe('maskInput', () => {
  it('puts zeros where the mask is, and hands on the rest of the condition', async () => {
    const { network, seen } = recorder();
    const [mask, x, t] = [blockMask(shape, { size: 2, key }), image(), times()];
    const classes = tf.tensor1d([3, 4]);
    maskInput(network)(x, t, { mask, classes }, call);
    maskInput(network)(x, t, { mask }, call);
    expect(seen.map(({ condition }) => condition)).toEqual([{ classes }, undefined]);
    expect(seen[0].call).toEqual(call);
    const inMask = await mask.data();
    expect(new Set(inMask)).toEqual(new Set([0, 1]));
    const expected = Array.from({ length: 96 }, (_, i) => (inMask[Math.floor(i / 3)] === 1 ? 0 : i + 1));
    expect(Array.from(await seen[0].x.data())).toEqual(expected);
    const plain = (x: tf.Tensor) => tf.mul(x, 2);
    await expectTensorsKept(1, () => maskInput(plain, { maskChannels: 1 })(x, t, { mask }, call));
  });

  it.each([
    ['of pixels', 1, () => blockMask(shape, { size: 2, key })],
    ['of bands', 3, () => bandMask(shape, { key })],
    ['of pixels, once a band', 3, () => blockMask(shape, { size: 2, key })],
  ] as const)('shows the mask %s', async (_, maskChannels, draw) => {
    const { network, seen } = recorder();
    const mask = draw();
    maskInput(network, { maskChannels })(image(), times(), { mask }, call);
    expect(seen[0].channels).toBe(3 + maskChannels);
    const x = await seen[0].x.data();
    const whole = await tf.broadcastTo(mask, [2, 4, 4, maskChannels]).data();
    for (let pixel = 0; pixel < 32; pixel++) {
      for (let c = 0; c < maskChannels; c++) {
        expect(x[pixel * (3 + maskChannels) + 3 + c]).toBe(whole[pixel * maskChannels + c]);
      }
    }
  });

  it('masks nothing without a mask', async () => {
    const { network, seen } = recorder();
    maskInput(network)(image(), times(), undefined, call);
    maskInput(network, { maskChannels: 1 })(image(), times(), undefined, call);
    expect(Array.from(await seen[0].x.data())).toEqual(Array.from({ length: 96 }, (_, i) => i + 1));
    expect(seen[1].channels).toBe(4);
    const x = await seen[1].x.data();
    for (let pixel = 0; pixel < 32; pixel++) expect(x[4 * pixel + 3]).toBe(0);
  });

  it('names what does not fit', () => {
    const { network } = recorder();
    const of = (mask: tf.Tensor, maskChannels = 0) =>
      maskInput(network, { maskChannels })(image(), times(), { mask }, call);
    expect(() => of(tf.ones([2, 2, 4, 1]))).toThrow(
      /^maskInput: mask\.shape is \[2, 2, 4, 1\]; it must be \[2,4,4,3\], all but the batch also 1\.$/,
    );
    expect(() => of(tf.ones([1, 4, 4, 1]))).toThrow(/^maskInput: mask\.shape is \[1, 4, 4, 1\]/);
    expect(() => of(tf.ones([2, 1, 1, 3]), 1)).toThrow(
      /^maskInput: maskChannels is 1; it must be 3, as many as the mask has\.$/,
    );
    expect(() => maskInput(network, { maskChannels: -1 })).toThrow(/^maskInput: maskChannels is -1/);
  });
});
