import * as tf from '@tensorflow/tfjs-core';
import { randomNormal, uniformGenerator } from '../internal/philox.js';
import { randomStreams } from '../internal/streams.js';
import { crossEntropy } from '../losses/crossEntropy.js';
import { batchNormTraining, defaultEpsilon } from '../ops/batchNorm.js';
import { conv2d } from '../ops/conv2d.js';
import { Adam } from '../optimizers/Adam.js';
import type { LabelledRows } from './checkRows.js';
import type { Dense } from './MlpEnsembleHead.js';
import type { Standardization } from './standardization.js';

/** How a network is trained. */
export interface PixelMlpOptions {
  learningRate: number;
  seed: number;
  /** Which one of the ensemble it is: each draws its own numbers. */
  member: number;
}

interface Layer {
  /** [1, 1, inputs, outputs]: a linear layer is a convolution of one pixel. */
  weight: tf.Variable<tf.Rank.R4>;
  bias: tf.Variable<tf.Rank.R1>;
  /** Scale and shift of the batch norm behind; the last layer has none. */
  norm?: { weight: tf.Variable<tf.Rank.R1>; bias: tf.Variable<tf.Rank.R1> };
}

/** Standard deviation of the initial weights. */
const SPREAD = 0.02;
/** Members of one seed draw from steps that far apart. */
const STRIDE = 0x100000;

/** One network of a pixel ensemble in training. */
export class PixelMlp {
  readonly #layers: Layer[];
  readonly #optimizer: Adam;
  readonly #options: PixelMlpOptions;

  /** `widths`: inputs, hidden layers, classes. */
  constructor(widths: readonly number[], options: PixelMlpOptions) {
    this.#options = options;
    this.#optimizer = new Adam({ learningRate: options.learningRate });
    this.#layers = widths.slice(1).map((outputs, i) => {
      const inputs = widths[i];
      const key = {
        seed: options.seed,
        stream: randomStreams.initialization,
        step: options.member * STRIDE + i,
      };
      const weight = randomNormal(inputs * outputs, key).map((value) => value * SPREAD);
      const vector = (value: number) => tf.tidy(() => tf.variable(tf.fill([outputs], value) as tf.Tensor1D));
      return {
        weight: tf.tidy(() => tf.variable(tf.tensor4d(weight, [1, 1, inputs, outputs]))),
        bias: vector(0),
        norm: i < widths.length - 2 ? { weight: vector(1), bias: vector(0) } : undefined,
      };
    });
  }

  #variables(): tf.Variable[] {
    return this.#layers.flatMap(({ weight, bias, norm }) => [
      weight,
      bias,
      ...(norm ? [norm.weight, norm.bias] : []),
    ]);
  }

  dispose(): void {
    tf.dispose(this.#variables());
    this.#optimizer.dispose();
  }

  /** The numbers of the rows in the order of an epoch. */
  order(rows: number, epoch: number): Int32Array {
    const { seed, member } = this.#options;
    const next = uniformGenerator({ seed, stream: randomStreams.shuffle, step: member * STRIDE + epoch });
    const order = Int32Array.from({ length: rows }, (_, i) => i);
    for (let i = rows - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  /** One step of Adam on some rows; answers their loss. */
  async step({ features, labels }: LabelledRows, chosen: Int32Array): Promise<number> {
    const dims = features.length / labels.length;
    const batch = new Float32Array(chosen.length * dims);
    chosen.forEach((row, i) => {
      batch.set(features.subarray(row * dims, (row + 1) * dims), i * dims);
    });
    const loss = tf.tidy(() => {
      const x = tf.tensor4d(batch, [1, 1, chosen.length, dims]);
      const classes = tf.tensor3d(
        chosen.map((row) => labels[row]),
        [1, 1, chosen.length],
        'int32',
      );
      const objective = () => crossEntropy(this.#forward(x).logits, classes);
      return this.#optimizer.minimize(objective, true, this.#variables())!;
    });
    const [value] = await loss.data();
    loss.dispose();
    return value;
  }

  #forward(x: tf.Tensor4D): {
    logits: tf.Tensor4D;
    statistics: [mean: tf.Tensor1D, variance: tf.Tensor1D][];
  } {
    const statistics: [tf.Tensor1D, tf.Tensor1D][] = [];
    const logits = this.#layers.reduce((input, { weight, bias, norm }) => {
      const output = conv2d(input, weight, bias);
      if (!norm) return output;
      const { y, mean, variance } = batchNormTraining(tf.relu(output), norm.weight, norm.bias);
      statistics.push([mean, variance]);
      return y;
    }, x);
    return { logits, statistics };
  }

  /** The layers alone, for features as they come: scaling and batch norm, by the statistics of all rows, joined in. */
  async finished(features: Float32Array, { mean, scale }: Standardization): Promise<Dense[]> {
    const dims = mean.length;
    const shape: [number, number, number, number] = [1, 1, features.length / dims, dims];
    const statistics = tf.tidy(() => this.#forward(tf.tensor4d(features, shape)).statistics);
    const result: Dense[] = [];
    // What comes into a layer is its input times `factor` plus `shift`.
    let factor = scale.map((value) => 1 / value);
    let shift = mean.map((value, j) => -value / scale[j]);
    for (const [i, { weight, bias, norm }] of this.#layers.entries()) {
      const weights = await weight.data();
      const biases = Float64Array.from(await bias.data());
      const outputs = biases.length;
      const joined = weights.map((value, at) => {
        const input = Math.floor(at / outputs);
        biases[at % outputs] += value * shift[input];
        return value * factor[input];
      });
      result.push({ weight: Float32Array.from(joined), bias: Float32Array.from(biases) });
      if (!norm) continue;
      const [ofNorm, ofShift] = [await norm.weight.data(), await norm.bias.data()];
      const [average, variance] = [await statistics[i][0].data(), await statistics[i][1].data()];
      factor = Float64Array.from(ofNorm, (value, j) => value / Math.sqrt(variance[j] + defaultEpsilon));
      shift = Float64Array.from(ofShift, (value, j) => value - average[j] * factor[j]);
    }
    tf.dispose(statistics);
    return result;
  }
}
