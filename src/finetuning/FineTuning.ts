import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { ConditionFields, Denoiser } from '../diffusion/Denoiser.js';
import { argumentError, checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { denoiserInputs } from '../models/denoiserInputs.js';
import { inferenceModel } from '../models/inferenceModel.js';
import { type ApplyLayer, LayerGraph } from '../models/LayerGraph.js';
import { layersOf } from '../models/layersOf.js';
import { type NamedParameter, namedParameters } from '../models/namedParameters.js';
import { setDropoutStep } from '../models/setDropoutStep.js';
import { withStockRandomness } from '../models/withStockRandomness.js';
import { withoutGradient } from '../ops/withoutGradient.js';
import { GroupedOptimizer } from '../optimizers/GroupedOptimizer.js';
import type { PackedOptimizer } from '../optimizers/PackedOptimizer.js';
import { type TrainStepResult, trainStep } from '../training/trainStep.js';
import { attachHead, type MakeHead } from './attachHead.js';
import { StillLayers } from './StillLayers.js';

/** Layers of tf.layers that do nothing but drop. */
const STOCK_DROPOUT = ['Dropout', 'SpatialDropout1D'];

/** Options of {@link FineTuning}. */
export interface FineTuningOptions {
  /** Makes the outputs, such as logits, of those of `layers`: see `attachHead`. */
  head: MakeHead;
  /** Names of the layers that the head reads. Default: the one before the network's last layer that has weights. */
  layers?: readonly string[];
  /** Makes the optimizer: called for each group of parameters that share a learning rate. */
  optimizer: () => PackedOptimizer;
  /** Which of the network's parameters stay as they are: all, or those of these names. Default none. */
  frozen?: boolean | ((name: string) => boolean);
  /**
   * Whether the network normalises by its running statistics, and drops nothing, or as in training by those of the
   * batch, which it tracks, with its dropout. The head always does the latter. Default `'running'`.
   */
  batchNorm?: 'running' | 'batch';
  /** The network's learning rate as a part of the head's, or that of a parameter by its name. Default 1. */
  rate?: number | ((name: string) => number);
  /** So many steps train the head alone. Default 0. */
  headFirst?: number;
  /** The timestep that the network is told with clean images. Default 0. */
  timestep?: number;
}

/** Images and what is known of them. */
export interface LabelledBatch {
  /** [batch, height, width, channels], normalised as in pretraining. */
  x: tf.Tensor;
  /** What the loss compares with, such as int32 [batch, height, width]. */
  labels: tf.Tensor;
  /** Of a network with further inputs. */
  condition?: ConditionFields;
}

/** Options of {@link FineTuning.step}. */
export interface FineTuningStepOptions {
  /** The number of the first batch within the run, from 0, which dropout draws by. */
  step: number;
  /** Of the model's outputs and the labels, such as `crossEntropy`. */
  loss: (outputs: tf.Tensor, labels: tf.Tensor) => tf.Scalar;
  /** Largest common L2 norm of the gradients that are applied. Default: no clipping. */
  maxGradientNorm?: number;
  /** Ends the step before its next batch, with an `AbortError`. */
  signal?: AbortSignal;
}

/** A fine-tuned model made ready for many predictions: see {@link FineTuning.prepare}. */
export interface PreparedTuning {
  /** The model's outputs for images, outside training. */
  predict(x: tf.Tensor, condition?: ConditionFields): tf.Tensor;
  /** Gives back the copies of the weights. */
  dispose(): void;
}

/**
 * A pretrained network with a head, trained on labels.
 *
 * What stays as it is costs no gradient: of a frozen network nothing is even recorded, and where it normalises by its
 * running statistics it is made ready as by `inferenceModel`: call `dispose` at the end. `parameters` and `optimizer`
 * are what `writeCheckpoint` and `restoreCheckpoint` take; with the number of the step, a resumed run goes on bit for
 * bit. `model` predicts, and shares its layers with the network, whose weights change.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { FineTuning } from 'diffusion-ssl/finetuning';
 * import { Conv1x1 } from 'diffusion-ssl/layers';
 * import { crossEntropy } from 'diffusion-ssl/losses';
 * import { unetAttD } from 'diffusion-ssl/models';
 * import { AdamW } from 'diffusion-ssl/optimizers';
 *
 * const classes = new Conv1x1({ name: 'head', inChannels: 8, outChannels: 3 });
 * const tuning = new FineTuning(unetAttD({ filterConfig: [8, 8, 8, 8, 8, 8] }), {
 *   head: ([features]) => classes.apply(features) as typeof features,
 *   optimizer: () => new AdamW({ learningRate: 1e-3 }),
 *   rate: 0.1,
 *   headFirst: 1,
 * });
 * const batch = { x: tf.ones([2, 32, 32, 4]), labels: tf.ones([2, 32, 32], 'int32') };
 * for (let step = 0; step < 2; step++) {
 *   const { loss } = await tuning.step([batch], { step, loss: crossEntropy });
 *   console.log(loss > 0); // true
 * }
 * console.log(tuning.predict(batch.x).shape); // [2, 32, 32, 3]
 * ```
 */
export class FineTuning {
  /** From the network's inputs to the head's outputs. */
  readonly model: tfl.LayersModel;
  /** All parameters and buffers of the model, those that stay included. */
  readonly parameters: NamedParameter[];
  /** Of the parameters that are trained, in groups by learning rate. */
  readonly optimizer: GroupedOptimizer;
  private readonly graph: LayerGraph;
  private readonly ofNetwork: ReadonlySet<tfl.layers.Layer>;
  private readonly headFirst: number;
  private readonly timestep: number;
  private readonly batchNorm: 'running' | 'batch';
  /** What is trained while the head is alone, and afterwards, and the layers that this leaves as they are. */
  private readonly phases: Record<'head' | 'all', { trained: NamedParameter[]; still: StillLayers }>;

  /** @throws {ConfigError} If an option is out of range, or nothing is left to train. */
  constructor(network: tfl.LayersModel, options: FineTuningOptions) {
    const { head, layers, optimizer, frozen = false, batchNorm = 'running', rate = 1 } = options;
    const { headFirst = 0, timestep = 0 } = options;
    checkOneOf('FineTuning: batchNorm', batchNorm, ['running', 'batch']);
    checkInteger('FineTuning: headFirst', headFirst, 0);
    checkNumber('FineTuning: timestep', timestep, 0);
    this.model = attachHead(network, head, layers);
    this.graph = new LayerGraph(this.model);
    this.parameters = namedParameters(this.model);
    this.ofNetwork = new Set(network.layers);
    this.headFirst = headFirst;
    this.timestep = timestep;
    this.batchNorm = batchNorm;

    const networks = new Set(namedParameters(network).map(({ variable }) => variable));
    const isFrozen = typeof frozen === 'function' ? frozen : () => frozen;
    const rateOf = typeof rate === 'function' ? rate : () => rate;
    const trainable = this.parameters.filter(({ spec }) => spec.trainable);
    const ofHead = trainable.filter(({ variable }) => !networks.has(variable));
    const others = trainable.filter(({ name, variable }) => networks.has(variable) && !isFrozen(name));
    if (ofHead.length + others.length === 0) {
      throw argumentError(
        'FineTuning: frozen',
        frozen,
        'such that something is left to train: the head has no weights',
      );
    }
    const phase = (trained: NamedParameter[]) => ({
      trained,
      still: new StillLayers(this.model, new Set(trained.map(({ variable }) => variable))),
    });
    this.phases = { head: phase(ofHead), all: phase([...ofHead, ...others]) };

    const byFactor = new Map<number, NamedParameter[]>();
    for (const parameter of others) {
      const factor = rateOf(parameter.name);
      byFactor.set(factor, [...(byFactor.get(factor) ?? []), parameter]);
    }
    const groups = [...byFactor].map(([factor, parameters]) => ({ factor, parameters }));
    this.optimizer = new GroupedOptimizer(
      optimizer,
      ofHead.length > 0 ? [{ parameters: ofHead }, ...groups] : groups,
    );
  }

  /** What step `step` trains: the head alone in the first ones, if asked for. */
  trainedAt(step: number): readonly NamedParameter[] {
    return this.phaseAt(step).trained;
  }

  /**
   * One step of the optimizer on one or more batches, whose gradients are averaged.
   *
   * @throws Where `trainStep` would.
   */
  step(
    batches: readonly LabelledBatch[],
    { loss, ...options }: FineTuningStepOptions,
  ): Promise<TrainStepResult> {
    const phase = this.phaseAt(options.step);
    if (phase === this.phases.all) this.phases.head.still.dispose();
    // Of what stays as it is nothing is recorded.
    const apply: ApplyLayer = (layer, values) => {
      const training = !this.ofNetwork.has(layer) || this.batchNorm === 'batch';
      const call = () => layer.call(values.length === 1 ? values[0] : values, { training }) as tf.Tensor;
      if (!phase.still.has(layer)) return call();
      return withoutGradient(training ? call : () => phase.still.apply(layer, values));
    };
    const denoiser: Denoiser<ConditionFields | undefined> = (x, t, condition, { step }) =>
      this.withDropout(step, () => this.run([x, t], condition, apply));
    return trainStep<ConditionFields | undefined, LabelledBatch>(denoiser, batches, {
      ...options,
      optimizer: this.optimizer,
      parameters: phase.trained,
      objective: (denoiser, { x, labels, condition }, call) =>
        tf.tidy(() => loss(denoiser(x, this.told(x), condition, call), labels)),
    });
  }

  /** The model's outputs for images, outside training. */
  predict(x: tf.Tensor, condition?: ConditionFields): tf.Tensor {
    return tf.tidy(() => {
      return this.model.apply(this.inputs(x, condition), { training: false }) as tf.Tensor;
    });
  }

  /**
   * Makes the model ready for many predictions with the weights as they are now, as `inferenceModel` does: `predict` of
   * the answer gives the same, sooner. Call its `dispose` at the end.
   */
  prepare(): PreparedTuning {
    const { predict, dispose } = inferenceModel(this.model);
    return {
      predict: (x, condition) => tf.tidy(() => predict(...this.inputs(x, condition))),
      dispose,
    };
  }

  /**
   * The model's outputs outside training, but with dropout, for passes whose disagreement tells how unsure it is
   * (Monte-Carlo dropout; Gal and Ghahramani, "Dropout as a Bayesian approximation", 2016). `networkPredictor` of
   * `diffusion-ssl/maps` asks for several.
   *
   * @param pass Names what is dropped: of a pass the same, from 0.
   */
  predictDropping(x: tf.Tensor, pass: number, condition?: ConditionFields): tf.Tensor {
    const apply: ApplyLayer = (layer, values) => {
      const call = { training: STOCK_DROPOUT.includes(layer.getClassName()), dropout: true };
      return layer.call(values.length === 1 ? values[0] : values, call) as tf.Tensor;
    };
    return this.withDropout(pass, () => tf.tidy(() => this.run([x, this.told(x)], condition, apply)));
  }

  /**
   * Gives back the copies that `step` has made of weights that stay as they are, on the wasm backend up to five times
   * their size. Model and optimizer are as before.
   */
  dispose(): void {
    for (const { still } of Object.values(this.phases)) still.dispose();
  }

  private phaseAt(step: number) {
    return this.phases[step < this.headFirst ? 'head' : 'all'];
  }

  private inputs(x: tf.Tensor, condition: ConditionFields | undefined): tf.Tensor[] {
    return denoiserInputs('FineTuning', this.model, [x, this.told(x)], condition);
  }

  private told(x: tf.Tensor): tf.Tensor1D {
    const dtype = Number.isInteger(this.timestep) ? 'int32' : 'float32';
    return tf.fill([x.shape[0]], this.timestep, dtype) as tf.Tensor1D;
  }

  /** Runs with the masks of a step. */
  private withDropout<T>(step: number, body: () => T): T {
    setDropoutStep(this.model, step);
    return withStockRandomness(layersOf(this.model), step, body);
  }

  private run(
    [x, t]: readonly [tf.Tensor, tf.Tensor1D],
    condition: ConditionFields | undefined,
    apply: ApplyLayer,
  ): tf.Tensor {
    const inputs = denoiserInputs('FineTuning', this.model, [x, t], condition);
    return this.graph.run(inputs, [this.model.outputs[0]], apply)[0];
  }
}
