import { activate, activateGradient, geglu, gegluGradient } from './activations.js';
import { adam } from './adam.js';
import { addRelu, attentionGate, attentionGateGradient, reluGradient } from './attention.js';
import { batchNormApply, batchNormGradient, batchNormStatistics, runningStatistics } from './batchNorm.js';
import { biasAdd, channelSum, concatChannels, splitChannels } from './channels.js';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput, conv2dBias } from './conv2d.js';
import {
  conv2dTranspose,
  conv2dTransposeBackpropFilter,
  conv2dTransposeBackpropInput,
} from './conv2dTranspose.js';
import { crossEntropy } from './crossEntropy.js';
import { dotAttention, dotAttentionGradient } from './dotAttention.js';
import {
  downsampleConv2d,
  downsampleConv2dBackpropFilter,
  downsampleConv2dBackpropInput,
} from './downsampleConv2d.js';
import { dropout, dropoutGradient } from './dropout.js';
import { groupNorm, groupNormGradient } from './groupNorm.js';
import { layerNorm, layerNormGradient } from './layerNorm.js';
import { maxPool, maxPoolGradient } from './maxPool.js';
import { addToPixels, pixelMean } from './pixels.js';
import { prepareConv2d, preparedConv2d } from './preparedConv2d.js';
import type { TrainingKernel } from './TrainingKernel.js';
import { pixelShuffle, pixelUnshuffle, upsampleBilinear, upsampleBilinearGradient } from './upsample.js';
import {
  upsampleConv2d,
  upsampleConv2dBackpropFilter,
  upsampleConv2dBackpropInput,
} from './upsampleConv2d.js';
import { blend, clip, globalNorm, pack, unpack } from './vectors.js';

/** Every kernel of this folder. */
export const trainingKernels: readonly TrainingKernel[] = [
  ...[conv2d, conv2dBias, conv2dBackpropInput, conv2dBackpropFilter],
  ...[conv2dTranspose, conv2dTransposeBackpropInput, conv2dTransposeBackpropFilter],
  ...[downsampleConv2d, downsampleConv2dBackpropInput, downsampleConv2dBackpropFilter],
  ...[upsampleConv2d, upsampleConv2dBackpropInput, upsampleConv2dBackpropFilter],
  ...[prepareConv2d, preparedConv2d],
  ...[batchNormStatistics, batchNormApply, batchNormGradient, runningStatistics],
  ...[groupNorm, groupNormGradient, layerNorm, layerNormGradient],
  ...[activate, activateGradient, geglu, gegluGradient, dotAttention, dotAttentionGradient],
  ...[addToPixels, pixelMean, maxPool, maxPoolGradient],
  ...[dropout, dropoutGradient, crossEntropy],
  ...[attentionGate, attentionGateGradient, addRelu, reluGradient],
  ...[concatChannels, splitChannels, biasAdd, channelSum],
  ...[upsampleBilinear, upsampleBilinearGradient, pixelShuffle, pixelUnshuffle],
  ...[adam, blend, pack, unpack, globalNorm, clip],
];
