import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from '../errors/ConfigError.js';
import { isDropping } from '../layers/layerCall.js';
import type { SpecLayer } from '../layers/SpecLayer.js';
import { isCheckpointed } from '../models/enableGradientCheckpointing.js';
import type { AdaptableWeight } from './adaptableWeights.js';
import { Lora } from './Lora.js';
import type { ResolvedLoraConfig } from './LoraConfig.js';
import { LowRankAdapter } from './LowRankAdapter.js';

/** A weight and the adapter that it is to have. */
export interface PlannedAdapter {
  weight: AdaptableWeight;
  rank: number;
  alpha: number;
}

/** Makes adapters and adds them to the layers of a model. */
export function attachLora(
  model: tfl.LayersModel,
  config: ResolvedLoraConfig,
  planned: readonly PlannedAdapter[],
): Lora {
  if (config.loraDropout > 0) {
    // Checkpointing calls a layer's function a second time, which has to draw the same.
    if (planned.some(({ weight: { layer } }) => isCheckpointed(layer))) {
      throw new ConfigError(
        'addLora: adapters with dropout must be added before enableGradientCheckpointing(model).',
      );
    }
  }
  const adapters = planned.map(
    ({ weight, rank, alpha }, index) => new LowRankAdapter(weight, { rank, alpha, index, config }),
  );
  if (config.loraDropout > 0) {
    for (const layer of new Set(planned.map(({ weight }) => weight.layer)))
      letDrop(
        layer,
        adapters.filter(({ weight }) => weight.layer === layer),
      );
  }
  return new Lora(model, config, adapters);
}

/** Tells adapters, in each call of their layer, whether they drop. */
function letDrop(layer: SpecLayer & { dropoutStep?: number }, adapters: readonly LowRankAdapter[]): void {
  // By this property denoisers tell a layer the step.
  layer.dropoutStep ??= 0;
  const call = layer.call.bind(layer);
  const tell = (drops: boolean) => {
    for (const adapter of adapters) adapter.isDropping = drops;
  };
  layer.call = (inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>) => {
    tell(isDropping(kwargs));
    try {
      return call(inputs, kwargs);
    } finally {
      tell(false);
    }
  };
}
