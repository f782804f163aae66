import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { batchNorm, channelStatistics, type HostTensor, randomTensor } from '../../ops/referenceOps.js';
import { checkKernel, startKernels } from './checkKernel.js';

beforeAll(startKernels);

const vector = (data: ArrayLike<number>): HostTensor => ({
  shape: [data.length],
  data: Float64Array.from(data, Math.fround),
});

/** Gradients of <batch norm, dy> in closed form, by the statistics of the batch or by given ones. */
function gradients(
  { x, dy, weight, bias }: Record<'x' | 'dy' | 'weight' | 'bias', HostTensor>,
  relu: boolean,
  given?: { mean: HostTensor; variance: HostTensor },
) {
  const channels = x.shape[3];
  const count = x.data.length / channels;
  const ofBatch = channelStatistics(x);
  const mean = given?.mean.data ?? ofBatch.mean;
  const inverse = (given?.variance.data ?? ofBatch.variance).map((value) => 1 / Math.sqrt(value + 1e-5));
  const normalized = x.data.map((value, i) => (value - mean[i % channels]) * inverse[i % channels]);
  const d = dy.data.map((value, i) => {
    const y = normalized[i] * weight.data[i % channels] + bias.data[i % channels];
    return relu && y <= 0 ? 0 : value;
  });
  const [dWeight, dBias] = [new Float64Array(channels), new Float64Array(channels)];
  d.forEach((value, i) => {
    dBias[i % channels] += value;
    dWeight[i % channels] += value * normalized[i];
  });
  const dx = d.map((value, i) => {
    const c = i % channels;
    const common = given ? 0 : (dBias[c] + normalized[i] * dWeight[c]) / count;
    return weight.data[c] * inverse[c] * (value - common);
  });
  return [{ shape: x.shape, data: dx }, vector(dWeight), vector(dBias)];
}

async function check(x: HostTensor, relu: boolean): Promise<void> {
  const statistics = channelStatistics(x);
  const [mean, variance] = [vector(statistics.mean), vector(statistics.variance)];
  await checkKernel({ name: 'DiffusionSslBatchNormStatistics', inputs: { x }, expected: [mean, variance] });
  const [weight, bias] = [randomTensor(mean.shape, 2), randomTensor(mean.shape, 3)];
  const activation = relu ? ('relu' as const) : undefined;
  await checkKernel({
    name: 'DiffusionSslBatchNormApply',
    inputs: { x, mean, variance, weight, bias },
    attributes: { epsilon: 1e-5, relu: Number(relu) },
    expected: [batchNorm(x, { weight, bias, mean: mean.data, variance: variance.data }, { activation })],
  });
  const dy = randomTensor(x.shape, 6);
  const given = {
    mean: vector(mean.data.map((value, i) => value + 0.1 * (i % 3))),
    variance: vector(variance.data.map((value, i) => value * (1 + (i % 2)) + 0.1)),
  };
  await checkKernel({
    name: 'DiffusionSslBatchNormGradient',
    inputs: { x, dy, ...given, weight, bias },
    attributes: { epsilon: 1e-5, relu: Number(relu), fixed: 1 },
    expected: gradients({ x, dy, weight, bias }, relu, given),
  });
  // Of two values a channel the gradient all but vanishes: what is left is rounding.
  if (x.data.length / x.shape[3] < 3) return;
  await checkKernel({
    name: 'DiffusionSslBatchNormGradient',
    inputs: { x, dy, mean, variance, weight, bias },
    attributes: { epsilon: 1e-5, relu: Number(relu) },
    expected: gradients({ x, dy, weight, bias }, relu),
  });
}

describe('batch norm kernels', () => {
  it.each([
    { shape: [3, 1, 1, 1] },
    { shape: [4, 224, 224, 8] },
    { shape: [1, 3, 5, 7] },
    { shape: [8, 64, 64, 1] },
    { shape: [3, 17, 19, 6] },
    { shape: [2, 4, 4, 515] },
    { shape: [1, 1, 2, 4] },
  ])('$shape', async ({ shape }) => {
    await check(randomTensor(shape, 1), false);
    await check(randomTensor(shape, 1), true);
  });

  it('a mean far from zero', async () => {
    const x = randomTensor([4, 33, 31, 3], 4);
    await check({ shape: x.shape, data: x.data.map((value) => Math.fround(value + 1000)) }, false);
  });

  it('any shape', () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(fc.integer({ min: 2, max: 4 }), fc.nat(8), fc.nat(8), fc.nat(40)),
        fc.boolean(),
        ([batch, height, width, channels], relu) =>
          check(randomTensor([batch, height + 1, width + 1, channels + 1], 5), relu),
      ),
      { numRuns: 20 },
    ));
});
