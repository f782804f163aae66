import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { ConfigError } from '../errors/ConfigError.js';
import { randomNormal, randomUniform } from '../internal/philox.js';
import { randomStreams } from '../internal/streams.js';
import { type BatchNormOptions, batchNormInference, batchNormTraining } from '../ops/batchNorm.js';
import { updateRunningStatistics } from '../ops/updateRunningStatistics.js';
import type { ParameterSpec } from './ParameterSpec.js';
import type { WeightAdapter } from './WeightAdapter.js';

/** Configuration that every layer of this folder shares. */
export interface SpecLayerConfig {
  /** Name of the layer, the prefix of its parameters in a torch `state_dict`: `encoder_1`. */
  name: string;
  /** Seed of the initial weights. Default 0. */
  seed?: number;
}

type LayerVariable = ReturnType<tfl.layers.Layer['addWeight']>;

/** torch's BatchNorm2d momentum: the weight of the new batch in the running statistics. */
const BATCH_NORM_MOMENTUM = 0.1;

/**
 * A `tf.layers` layer whose weights are the list of {@link ParameterSpec} that {@link parameterSpecs} gives: the same
 * list counts them without allocating, allocates them, and maps them to a torch `state_dict`.
 *
 * Extend it to add a layer of your own whose weights are found by `namedParameters`, in checkpoints and in torch:
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { type ParameterSpec, SpecLayer, type SpecLayerConfig } from 'diffusion-ssl/layers';
 *
 * class Scale extends SpecLayer {
 *   static readonly className = 'Scale';
 *   constructor(config: SpecLayerConfig) {
 *     super(config);
 *   }
 *   parameterSpecs(): ParameterSpec[] {
 *     const initialization = { type: 'constant', value: 2 } as const;
 *     return [{ name: 'weight', shape: [1], trainable: true, dtype: 'float32', initialization, layout: 'same' }];
 *   }
 *   override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
 *     return tf.mul(Array.isArray(inputs) ? inputs[0] : inputs, this.variable('weight'));
 *   }
 * }
 * const y = new Scale({ name: 'scale' }).apply(tf.ones([2, 3])) as tf.Tensor;
 * console.log((await y.data())[0]); // 2
 * ```
 */
export abstract class SpecLayer extends tfl.layers.Layer {
  /** Whether a call is the repetition of an earlier one, which has updated the running statistics already. */
  isRepeating = false;
  /** Whether the parameters are known by their own names alone, without the layer's: `pos_embed`. */
  readonly isRoot: boolean = false;
  /**
   * What adds to the products of its weights, by their names without `.weight`.
   *
   * @internal
   */
  readonly adapters = new Map<string, readonly WeightAdapter[]>();
  private readonly variables = new Map<string, LayerVariable>();

  protected constructor(protected readonly config: SpecLayerConfig) {
    super({ name: config.name });
  }

  /** Every parameter and buffer of the layer, in torch's order. */
  abstract parameterSpecs(): ParameterSpec[];

  /** Allocates the weights. */
  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    this.parameterSpecs().forEach((spec, index) => {
      const initializer = { apply: () => initialValue(spec, this.name, index, this.config.seed ?? 0) };
      const variable = this.addWeight(
        spec.name,
        spec.shape,
        spec.dtype,
        initializer as unknown as Parameters<tfl.layers.Layer['addWeight']>[3],
        undefined,
        spec.trainable,
      );
      this.variables.set(spec.name, variable);
    });
    super.build(inputShape);
  }

  /** The configuration from which `tf.loadLayersModel` makes the layer again. */
  override getConfig(): tf.serialization.ConfigDict {
    // tfjs writes null for what is undefined, for which there is no default when it is read.
    const given = Object.entries(this.config).filter(([, value]) => value !== undefined);
    return { ...super.getConfig(), ...(Object.fromEntries(given) as tf.serialization.ConfigDict) };
  }

  /** Whether it has a parameter of this name, and is built. */
  hasVariable(name: string): boolean {
    return this.variables.has(name);
  }

  /** The variable behind a parameter, by its name within the layer. */
  variable<R extends tf.Rank = tf.Rank>(name: string): tf.Variable<R> {
    const variable = this.variables.get(name);
    if (!variable)
      throw new ConfigError(`${this.name}: there is no parameter '${name}', or the layer is not built yet.`);
    return variable.read() as tf.Variable<R>;
  }

  /**
   * Batch normalisation by the parameters at `prefix`: of the batch, updating the running statistics, or with these,
   * as in a layer that does not train (Keras' rule).
   */
  protected batchNorm(
    x: tf.Tensor4D,
    prefix: string,
    training: boolean,
    activation?: BatchNormOptions['activation'],
  ): tf.Tensor4D {
    const read = (name: string) => this.variable<tf.Rank.R1>(`${prefix}.${name}`);
    const [weight, bias] = [read('weight'), read('bias')];
    const [runningMean, runningVar] = [read('running_mean'), read('running_var')];
    if (!training || !this.trainable) {
      const parameters = { weight, bias, mean: runningMean, variance: runningVar };
      return batchNormInference(x, parameters, { activation });
    }
    const { y, mean, variance } = batchNormTraining(x, weight, bias, { activation });
    if (this.isRepeating) return y;
    const count = x.shape[0] * x.shape[1] * x.shape[2];
    const tracked = this.variable<tf.Rank.R0>(`${prefix}.num_batches_tracked`);
    const running = { runningMean, runningVar, tracked };
    const next = updateRunningStatistics(running, { mean, variance, count }, BATCH_NORM_MOMENTUM);
    const variables: tf.Variable[] = [runningMean, runningVar, tracked];
    for (const [i, variable] of variables.entries()) variable.assign(next[i]);
    return y;
  }
}

function initialValue(spec: ParameterSpec, layer: string, index: number, seed: number): tf.Tensor {
  const { initialization: init, shape, dtype } = spec;
  if (init.type === 'constant') return tf.fill(shape, init.value, dtype);
  if (init.type === 'values') return tf.tensor(init.values(), shape);
  const size = shape.reduce((product, side) => product * side, 1);
  const key = { seed, stream: randomStreams.initialization, step: hash(`${layer}.${index}`) };
  const values =
    init.type === 'normal'
      ? randomNormal(size, key).map((n) => n * init.std)
      : randomUniform(size, key).map((u) => (2 * u - 1) * init.bound);
  return tf.tensor(values, shape);
}

/** FNV-1a, 32 bits: a parameter's name as the position in its random stream. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
