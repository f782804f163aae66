import type * as tfl from '@tensorflow/tfjs-layers';
import { requireBackend } from '../diffusion/requireBackend.js';
import { ConfigError } from '../errors/ConfigError.js';
import { type AdaptableWeight, adaptableWeights } from './adaptableWeights.js';
import { attachLora } from './attachLora.js';
import type { Lora } from './Lora.js';
import {
  isNamed,
  type LoraConfig,
  type ResolvedLoraConfig,
  rankOf,
  resolveLoraConfig,
} from './LoraConfig.js';

/**
 * Adds low-rank adapters to linear layers and convolutions of a model, so that a part of a percent to a few percent of
 * its weights train in place of all. They are chosen by names as PyTorch has them, those of `namedParameters` without
 * `.weight`.
 *
 * y = W x becomes W x + scale · loraAlpha / r · B A x, with A of r channels out, of a convolution itself one with the
 * weight's size, stride and padding. The model's own weights are frozen until `remove`.
 *
 * Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2022); peft's `LoraConfig`.
 *
 * @param model Any model of this package, or one with its layers.
 * @throws {ConfigError} If an option is out of range, or a name fits no linear layer or convolution. Transposed
 * convolutions and embeddings are none.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { addLora } from 'diffusion-ssl/adapters';
 * import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
 * import { layersDenoiser, unetAttD } from 'diffusion-ssl/models';
 * import { AdamW } from 'diffusion-ssl/optimizers';
 * import { trainStep } from 'diffusion-ssl/training';
 *
 * const model = unetAttD({ filterConfig: [8, 8, 8, 8, 8, 8] });
 * const lora = addLora(model, { r: 2, loraAlpha: 4, targetModules: /encoder_.*|center.*|decoder.*\.block\.\d+/ });
 * const { alphaBars } = computeAlphaSchedule(makeBetaSchedule(1000));
 * const batch = { x0: tf.zeros([2, 32, 32, 4]), t: Int32Array.of(5, 500), noise: tf.ones([2, 32, 32, 4]) };
 * const options = { optimizer: new AdamW({ learningRate: 1e-4 }), parameters: lora.parameters, alphaBars, step: 0 };
 * const { loss } = await trainStep(layersDenoiser(model), [batch], options);
 * lora.merge();
 * console.log(loss > 0); // true
 * ```
 */
export function addLora(model: tfl.LayersModel, config: LoraConfig): Lora {
  requireBackend('addLora');
  const resolved = resolveLoraConfig(config);
  const chosen = chooseWeights(adaptableWeights(model), resolved);
  return attachLora(
    model,
    resolved,
    chosen.map((weight) => ({ weight, ...rankOf(resolved, weight.name) })),
  );
}

function chooseWeights(
  weights: readonly AdaptableWeight[],
  { targetModules: targets, excludeModules }: ResolvedLoraConfig,
): AdaptableWeight[] {
  const isTarget = (name: string) => {
    if (typeof targets === 'function') return targets(name);
    if (targets instanceof RegExp) return targets.exec(name)?.[0] === name;
    return isNamed(name, targets);
  };
  const unknown = Array.isArray(targets)
    ? (targets as string[]).filter((target) => !weights.some(({ name }) => isNamed(name, [target])))
    : [];
  const chosen = weights.filter(({ name }) => isTarget(name) && !isNamed(name, excludeModules));
  if (unknown.length > 0 || chosen.length === 0) {
    const what = unknown.length > 0 ? unknown.map((name) => `'${name}'`).join(', ') : 'targetModules';
    const known = weights.length > 0 ? `, such as ${weights[weights.length >> 1].name}` : ': it has none';
    throw new ConfigError(
      `addLora: ${what} fits no linear layer or convolution of the model${known}. ` +
        'namedParameters(model) lists their names, with .weight behind.',
    );
  }
  return chosen;
}
