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
  conv2dTranspose,
  conv2dTransposeBackpropFilter,
  conv2dTransposeBackpropInput,
} from './conv2d.js';
import { dropout } from './dropout.js';
import {
  activate,
  activateGradient,
  addToPixels,
  dotAttention,
  dotAttentionGradient,
  geglu,
  gegluGradient,
  groupNorm,
  groupNormGradient,
  layerNorm,
  layerNormGradient,
  pixelMean,
} from './layers.js';
import { maxPoolInputGradient, maxPoolInputGradientByOneDnn } from './maxPool.js';
import type { NodeKernel } from './NodeKernel.js';
import {
  dropoutGradient,
  ownAdam,
  ownBatchNorm,
  ownBatchNormGradient,
  ownChannelSum,
  ownDropout,
  ownRunningStatistics,
} from './training.js';
import { upsampleBilinear, upsampleBilinearGradient } from './upsample.js';
import { clip, globalNorm, pack, unpack } from './vectors.js';
import {
  winogradBackpropFilter,
  winogradBackpropInput,
  winogradConv2d,
  winogradConv2dBias,
} from './winograd.js';

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
const onOneDnn: readonly NodeKernel[] = [batchNormReluTraining, maxPoolInputGradientByOneDnn];

/** What stands in for it. */
const withoutOneDnn: readonly NodeKernel[] = [batchNormTraining, maxPoolInputGradient];

/**
 * What needs the operations that `npm run setup:tfjs-node` compiles; without them, compositions serve, or what has the
 * same name above.
 */
const onOwnOperations: readonly NodeKernel[] = [
  ...[winogradConv2d, winogradBackpropInput, winogradBackpropFilter],
  ...[groupNorm, groupNormGradient, layerNorm, layerNormGradient],
  ...[activate, activateGradient, geglu, gegluGradient],
  ...[dotAttention, dotAttentionGradient],
  ...[pixelMean, addToPixels],
  ...[ownBatchNorm, ownBatchNormGradient, ownRunningStatistics],
  ...[ownChannelSum, ownDropout, dropoutGradient, ownAdam],
];

/** What an addon has besides what TensorFlow.js needs of it. */
export interface AddonFeatures {
  /** Operations of oneDNN's own, and lists as attributes. */
  oneDnn: boolean;
  /** The operations of `scripts/tfjsNode/layerOps.cc`. */
  ownOperations: boolean;
}

/** What needs both. */
const onBoth: readonly NodeKernel[] = [winogradConv2dBias];

/** The kernels of this folder for a backend on graphics processors or not, and what its addon has. */
export function nodeKernels(
  usesGpu: boolean,
  { oneDnn, ownOperations }: AddonFeatures,
): readonly NodeKernel[] {
  if (usesGpu) return everywhere;
  // Of two of one name the first is registered.
  return [
    ...(ownOperations ? onOwnOperations : []),
    ...(ownOperations && oneDnn ? onBoth : []),
    ...[...everywhere, ...onCpu, ...(oneDnn ? onOneDnn : withoutOneDnn)],
  ];
}
