import { adam } from './adam.js';
import { addRelu, attentionGate, attentionGateGradient, reluGradient } from './attention.js';
import { batchNormTraining, batchNormTrainingGradient, runningStatistics } from './batchNorm.js';
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
import { maxPoolInputGradient } from './maxPool.js';
import type { NodeKernel } from './NodeKernel.js';
import { upsampleBilinear, upsampleBilinearGradient } from './upsample.js';
import { clip, globalNorm, pack, unpack } from './vectors.js';

/** Every kernel of this folder. */
export const nodeKernels: readonly NodeKernel[] = [
  ...[conv2d, conv2dBackpropInput, conv2dBackpropFilter],
  ...[conv2dTranspose, conv2dTransposeBackpropInput, conv2dTransposeBackpropFilter],
  ...[batchNormTraining, batchNormTrainingGradient, runningStatistics],
  ...[maxPoolInputGradient, dropout],
  ...[attentionGate, attentionGateGradient, addRelu, reluGradient],
  ...[concatChannels, splitChannels, biasAdd, channelSum],
  ...[upsampleBilinear, upsampleBilinearGradient],
  ...[adam, pack, unpack, globalNorm, clip],
];
