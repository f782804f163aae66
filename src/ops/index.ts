export { addRelu } from './addRelu.js';
export { attentionGate } from './attentionGate.js';
export {
  type BatchNormOptions,
  type BatchNormParameters,
  type BatchNormResult,
  batchNormInference,
  batchNormTraining,
} from './batchNorm.js';
export { biasAdd } from './biasAdd.js';
export { concatChannels } from './concatChannels.js';
export { conv2d } from './conv2d.js';
export { conv2dTranspose } from './conv2dTranspose.js';
export { type DropoutOptions, type DropoutType, dropout } from './dropout.js';
export { maxPool2d } from './maxPool2d.js';
export { PreparedConv2d, type PreparedConv2dOptions } from './PreparedConv2d.js';
export { pixelShuffle } from './pixelShuffle.js';
export { pixelUnshuffle } from './pixelUnshuffle.js';
export {
  type RandomIntegersOptions,
  type RandomKey,
  randomIntegers,
  randomNormal,
  randomUniform,
} from './random.js';
export { registerGradients } from './registerGradients.js';
export { upsampleBilinear2d } from './upsampleBilinear2d.js';
export { withoutGradient } from './withoutGradient.js';
