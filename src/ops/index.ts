export { addRelu } from './addRelu.js';
export { addToPixels } from './addToPixels.js';
export { type AttentionOptions, attention } from './attention.js';
export { attentionGate } from './attentionGate.js';
export { attentionWeights } from './attentionWeights.js';
export { avgPool2d } from './avgPool2d.js';
export {
  type BatchNormOptions,
  type BatchNormParameters,
  type BatchNormResult,
  batchNormInference,
  batchNormTraining,
} from './batchNorm.js';
export { biasAdd } from './biasAdd.js';
export { concatChannels } from './concatChannels.js';
export { type Conv2dOptions, conv2d } from './conv2d.js';
export { conv2dTranspose } from './conv2dTranspose.js';
export { type DownsampleConv2dOptions, downsampleConv2d } from './downsampleConv2d.js';
export { type DropoutOptions, type DropoutType, dropout } from './dropout.js';
export { embedding } from './embedding.js';
export { geglu } from './geglu.js';
export { type GeluOptions, gelu } from './gelu.js';
export type { GeluType } from './geluParts.js';
export { type GroupNormOptions, groupNorm } from './groupNorm.js';
export type { InterpolationMode } from './interpolationMatrix.js';
export { type LayerNormOptions, layerNorm } from './layerNorm.js';
export { type LinearOptions, linear } from './linear.js';
export { maxPool2d } from './maxPool2d.js';
export { mish } from './mish.js';
export { PreparedConv2d, type PreparedConv2dOptions } from './PreparedConv2d.js';
export { pixelShuffle } from './pixelShuffle.js';
export { pixelUnshuffle } from './pixelUnshuffle.js';
export { quickGelu } from './quickGelu.js';
export {
  type RandomIntegersOptions,
  type RandomKey,
  randomIntegers,
  randomNormal,
  randomUniform,
} from './random.js';
export { recompute } from './recompute.js';
export { registerGradients } from './registerGradients.js';
export { type Resample2dOptions, resample2d } from './resample2d.js';
export { type PositionRule, type ResizePositionsOptions, resizePositions } from './resizePositions.js';
export { type RmsNormOptions, rmsNorm } from './rmsNorm.js';
export { silu } from './silu.js';
export { upsampleBilinear2d } from './upsampleBilinear2d.js';
export { upsampleNearest2d } from './upsampleNearest2d.js';
export { withoutGradient } from './withoutGradient.js';
