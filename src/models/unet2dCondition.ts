import * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../diffusion/requireBackend.js';
import { registerUnetLayers } from '../layers/registerUnetLayers.js';
import { connectUnet } from './connectUnet.js';
import {
  type ResolvedUnet2dConditionConfig,
  resolveUnet2dConditionConfig,
  type Unet2dConditionConfig,
} from './Unet2dConditionConfig.js';
import { unet2dConditionLayers } from './unet2dConditionParameters.js';

/** Which inputs {@link unet2dCondition} has beyond those that its configuration asks for. */
export interface Unet2dConditionInputs {
  /** Whether tokens may be masked: an input `encoderAttentionMask`, 1 for those to keep and 0. Default false. */
  encoderAttentionMask?: boolean;
}

/**
 * Builds the U-Net of diffusers' `UNet2DConditionModel`, the one of Stable Diffusion: ResNet blocks, and transformer
 * blocks that attend to given tokens. Its weights are exchanged with diffusers by `fromPretrained` and
 * `savePretrained`.
 *
 * The model takes `[x, t, encoderHiddenStates]`, and behind them, as the configuration asks for it, `classLabels`,
 * `textEmbeds` and `timeIds`, `metadata`, and `encoderAttentionMask`; with `layersDenoiser` these are the condition's
 * fields. x is float32 [batch, height, width, inChannels], of any size; t [batch] or [batch, 1]; encoderHiddenStates
 * [batch, length, crossAttentionDim]; classLabels int32 [batch, 1] of a table, else float32 [batch, 1]
 * (`'timestep'`) or [batch, size]; textEmbeds [batch, size] and timeIds [batch, numbers]; metadata
 * [batch, numMetadata], NaN where not known. It returns [batch, height, width, outChannels].
 *
 * Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models" (2022); Podell et al., "SDXL" (2023).
 *
 * @throws If an option is out of range or unknown, or no backend is started.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { unet2dCondition } from 'diffusion-ssl/models';
 *
 * const model = unet2dCondition({
 *   blockOutChannels: [8, 16],
 *   downBlockTypes: ['CrossAttnDownBlock2D', 'DownBlock2D'],
 *   upBlockTypes: ['UpBlock2D', 'CrossAttnUpBlock2D'],
 *   normNumGroups: 4,
 *   crossAttentionDim: 6,
 *   attentionHeadDim: 2,
 * });
 * const inputs = [tf.zeros([1, 8, 8, 4]), tf.tensor1d([999], 'int32'), tf.zeros([1, 5, 6])];
 * console.log((model.apply(inputs) as tf.Tensor4D).shape); // [1, 8, 8, 4]
 * ```
 */
export function unet2dCondition(
  config: Unet2dConditionConfig = {},
  { encoderAttentionMask = false }: Unet2dConditionInputs = {},
): tfl.LayersModel {
  const resolved = resolveUnet2dConditionConfig(config);
  requireBackend('unet2dCondition');
  registerUnetLayers();
  const layers = unet2dConditionLayers(resolved);
  const inputs: tfl.SymbolicTensor[] = [];
  const input = (name: string, shape: (number | null)[], dtype: 'float32' | 'int32' = 'float32') => {
    const symbol = tfl.input({ shape, dtype, name });
    inputs.push(symbol);
    return symbol;
  };
  const x = input('x', [null, null, resolved.inChannels]);
  const t = input('t', [1]);
  const tokens = input('encoderHiddenStates', [null, resolved.crossAttentionDim[0]]);

  const layer = (name: string) => layers.embeddings.find((embedding) => embedding.name === name);
  const terms = [layer('time_embedding')!.apply(t) as tfl.SymbolicTensor];
  const classes = layer('class_embedding');
  if (classes || resolved.classEmbedType === 'identity') {
    const isTable = resolved.classEmbedType === null;
    const labels = input('classLabels', [labelSize(resolved)], isTable ? 'int32' : 'float32');
    terms.push(classes ? (classes.apply(labels) as tfl.SymbolicTensor) : labels);
  }
  const added = layer('add_embedding');
  if (added) {
    terms.push(added.apply([input('textEmbeds', [null]), input('timeIds', [null])]) as tfl.SymbolicTensor);
  }
  const metadata = layer('metadata_embedding');
  if (metadata) terms.push(metadata.apply(input('metadata', [resolved.numMetadata])) as tfl.SymbolicTensor);
  const sum = () => tfl.layers.add({ name: 'embedding' }).apply(terms) as tfl.SymbolicTensor;
  const embedding = terms.length > 1 ? sum() : terms[0];
  const context = encoderAttentionMask ? [tokens, input('encoderAttentionMask', [null])] : [tokens];
  const outputs = connectUnet(layers, { x, embedding, context, anySize: true });
  return tfl.model({ inputs, outputs, name: 'unet_2d_condition' });
}

/** Numbers of a sample that `classLabels` takes. */
function labelSize(config: ResolvedUnet2dConditionConfig): number {
  const { classEmbedType, projectionClassEmbeddingsInputDim, timeEmbeddingDim, blockOutChannels } = config;
  if (classEmbedType === null || classEmbedType === 'timestep') return 1;
  if (classEmbedType === 'identity') return timeEmbeddingDim ?? 4 * blockOutChannels[0];
  return projectionClassEmbeddingsInputDim!;
}
