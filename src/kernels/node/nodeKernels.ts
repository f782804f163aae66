import { adam } from './adam.js';
import { addRelu, attentionGate, attentionGateGradient, reluGradient } from './attention.js';
import {
  batchNormReluTraining,
  batchNormTraining,
  batchNormTrainingGradient,
  runningStatistics,
} from './batchNorm.js';
import { biasAdd, channelSum, concatChannels, splitChannels } from './channels.js';
import {
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  conv2dBias,
  conv2dTranspose,
  conv2dTransposeBackpropFilter,
  conv2dTransposeBackpropInput,
} from './conv2d.js';
import { dropout } from './dropout.js';
import { maxPoolInputGradient, maxPoolInputGradientByOneDnn } from './maxPool.js';
import type { NodeKernel } from './NodeKernel.js';
import { upsampleBilinear, upsampleBilinearGradient } from './upsample.js';
import { clip, globalNorm, pack, unpack } from './vectors.js';

/** What computes the same wherever TensorFlow runs. */
const everywhere: readonly NodeKernel[] = [
  ...[conv2d, conv2dBackpropInput, conv2dBackpropFilter],
  ...[conv2dTranspose, conv2dTransposeBackpropInput, conv2dTransposeBackpropFilter],
  channelSum,
];

/**
 * What has been tried on CPUs alone. On graphics processors batch norm's fifth output is another (1 / √variance),
 * random words come in another order, and reading the norm would wait for all that was queued.
 */
const onCpu: readonly NodeKernel[] = [
  ...[batchNormTrainingGradient, runningStatistics],
  dropout,
  ...[attentionGate, attentionGateGradient, addRelu, reluGradient],
  ...[concatChannels, splitChannels, biasAdd],
  ...[upsampleBilinear, upsampleBilinearGradient],
  ...[adam, pack, unpack, globalNorm, clip],
];

/** What needs oneDNN, and the addon that `npm run setup:tfjs-node` builds. */
const onOneDnn: readonly NodeKernel[] = [batchNormReluTraining, conv2dBias, maxPoolInputGradientByOneDnn];

/** What stands in for it. */
const withoutOneDnn: readonly NodeKernel[] = [batchNormTraining, maxPoolInputGradient];

/** The kernels of this folder for a backend on graphics processors or not, with oneDNN or without. */
export function nodeKernels(usesGpu: boolean, hasOneDnn: boolean): readonly NodeKernel[] {
  if (usesGpu) return everywhere;
  return [...everywhere, ...onCpu, ...(hasOneDnn ? onOneDnn : withoutOneDnn)];
}
