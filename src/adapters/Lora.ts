import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from '../errors/ConfigError.js';
import { checkNumber } from '../internal/checks.js';
import { layersOf } from '../models/layersOf.js';
import type { NamedParameter } from '../models/namedParameters.js';
import type { ResolvedLoraConfig } from './LoraConfig.js';
import type { LowRankAdapter } from './LowRankAdapter.js';
import { mergeAdapter, unmergeAdapter } from './mergedWeights.js';

/** Of each model with adapters: how many sets of them it has, and the layers that train again without any. */
const frozenModels = new WeakMap<tfl.LayersModel, { count: number; layers: tfl.layers.Layer[] }>();

/**
 * Low-rank adapters of a model, as `addLora` and `loadLora` make them. They act in every call of the model, of
 * `layersDenoiser` and, where they were there when it was made, of `inferenceModel`.
 *
 * `parameters` is what `trainStep`, optimizers and checkpoints take: nothing else trains, and no gradient is computed
 * of a weight of the model. A model can have several; what they add is added up.
 *
 * @example
 * ```ts
 * import { addLora, type Lora } from 'diffusion-ssl/adapters';
 * import { unetAttD } from 'diffusion-ssl/models';
 *
 * const model = unetAttD({ filterConfig: [8, 8, 8, 8, 8, 8] });
 * const lora: Lora = addLora(model, { r: 2, targetModules: /encoder_.*\.block\.\d+/ });
 * lora.scale = 0.5; // Half of what they have learned.
 * lora.merge(); // Into the weights, for tools that know no adapters.
 * lora.unmerge();
 * lora.remove();
 * ```
 */
export class Lora {
  /** A and B of each adapter, `NAME.lora_A.weight` and `NAME.lora_B.weight`. */
  readonly parameters: NamedParameter[];
  private factor = 1;
  private removed = false;

  /** @internal */
  constructor(
    private readonly model: tfl.LayersModel,
    /** How they were made; those that were read, what their file says. */
    readonly config: ResolvedLoraConfig,
    private readonly adapters: readonly LowRankAdapter[],
  ) {
    this.parameters = adapters.flatMap(({ weight: { name }, down, up, specs }) => [
      { name: `${name}.lora_A.weight`, spec: specs.down, variable: down },
      { name: `${name}.lora_B.weight`, spec: specs.up, variable: up },
    ]);
    for (const adapter of adapters) {
      const { layer, part } = adapter.weight;
      layer.adapters.set(part, [...(layer.adapters.get(part) ?? []), adapter]);
    }
    const frozen = frozenModels.get(model);
    // Not those of layers, which hand it on to layers that may not train anyway.
    const trained = frozen ? [] : layersOf(model).filter((layer) => layer.trainable && !('layers' in layer));
    for (const layer of trained) layer.trainable = false;
    frozenModels.set(model, { count: (frozen?.count ?? 0) + 1, layers: frozen?.layers ?? trained });
  }

  /** Factor of each layer's adapter, loraAlpha / r or loraAlpha / √r, by the layer's name. */
  get scalings(): Record<string, number> {
    return Object.fromEntries(this.adapters.map(({ weight, scaling }) => [weight.name, scaling]));
  }

  /** Rank of each layer's adapter, by the layer's name. */
  get ranks(): Record<string, number> {
    return Object.fromEntries(this.adapters.map(({ weight, rank }) => [weight.name, rank]));
  }

  /** Factor on all of them, at any time: 0 leaves the model as it was, 1 is what was trained. */
  get scale(): number {
    return this.factor;
  }

  /** @throws {ConfigError} If it is no finite number, or they are merged. */
  set scale(factor: number) {
    checkNumber('Lora: scale', factor);
    if (this.isMerged)
      throw new ConfigError('Lora: scale cannot be set while they are merged: unmerge() first.');
    this.factor = factor;
    for (const adapter of this.adapters) adapter.scale = factor;
  }

  /** Whether the model's weights hold what they add. */
  get isMerged(): boolean {
    return this.adapters.some(({ isMerged }) => isMerged);
  }

  /**
   * Adds them, at the present scale, to the model's weights, so that they cost nothing, and `savePretrained` writes a
   * model that needs none. What the weights were is kept beside them for `unmerge`.
   *
   * @throws {ConfigError} If they are merged already, or removed.
   */
  merge(): void {
    this.requireState(false, 'merge');
    for (const adapter of this.adapters) mergeAdapter(adapter);
  }

  /**
   * Makes the model's weights again what they were without them, to the bit.
   *
   * @throws {ConfigError} If they are not merged, or removed.
   */
  unmerge(): void {
    this.requireState(true, 'unmerge');
    for (const adapter of this.adapters) unmergeAdapter(adapter);
  }

  /** Takes them from the model, whose weights then train again, and disposes their own. Once is enough. */
  remove(): void {
    if (this.removed) return;
    if (this.isMerged) this.unmerge();
    this.removed = true;
    for (const adapter of this.adapters) {
      const { layer, part } = adapter.weight;
      const others = layer.adapters.get(part)!.filter((other) => other !== adapter);
      if (others.length > 0) layer.adapters.set(part, others);
      else layer.adapters.delete(part);
      tf.dispose([...adapter.variables]);
    }
    const frozen = frozenModels.get(this.model)!;
    frozen.count--;
    if (frozen.count > 0) return;
    for (const layer of frozen.layers) layer.trainable = true;
    frozenModels.delete(this.model);
  }

  private requireState(merged: boolean, method: string): void {
    if (this.removed) throw new ConfigError(`Lora: ${method}: they are removed.`);
    if (this.isMerged !== merged)
      throw new ConfigError(`Lora: ${method}: they are ${merged ? 'not merged' : 'merged already'}.`);
  }
}
