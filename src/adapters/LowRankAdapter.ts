import * as tf from '@tensorflow/tfjs-core';
import { type RandomKey, randomNormal, randomUniform } from '../internal/philox.js';
import { loraDropoutStream, loraStream } from '../internal/streams.js';
import type { WeightSpec } from '../layers/ParameterSpec.js';
import type { WeightAdapter, WeightProduct } from '../layers/WeightAdapter.js';
import { dropout } from '../ops/dropout.js';
import { linear } from '../ops/linear.js';
import type { AdaptableWeight } from './adaptableWeights.js';
import type { ResolvedLoraConfig } from './LoraConfig.js';

/** A layer that is told which step's masks it draws. */
interface DroppingLayer {
  dropoutStep?: number;
}

/** How an adapter of one weight is made. */
export interface LowRankSettings {
  rank: number;
  alpha: number;
  /** Which of the adapters of a model it is, by which it draws. */
  index: number;
  config: ResolvedLoraConfig;
}

/** What is added to one weight: factor · B · A, of matrices or filters with few channels between them. */
export class LowRankAdapter implements WeightAdapter {
  /** A: of the weight's shape, with `rank` channels out. */
  readonly down: tf.Variable;
  /** B: [rank, out], of a filter [1, 1, rank, out]. */
  readonly up: tf.Variable;
  readonly specs: { down: WeightSpec; up: WeightSpec };
  readonly variables: readonly tf.Variable[];
  readonly rank: number;
  readonly alpha: number;
  /** alpha / rank, or its root. */
  readonly scaling: number;
  /** Factor at run time; 0 adds nothing. */
  scale = 1;
  /** Whether its weight holds what it adds already. */
  isMerged = false;
  /** Whether it drops, as the call of its layer says. */
  isDropping = false;

  constructor(
    readonly weight: AdaptableWeight,
    private readonly settings: LowRankSettings,
  ) {
    const { rank, alpha, config } = settings;
    const { shape, layout } = weight.spec;
    const taps = shape.slice(0, -2);
    const [inputs, outputs] = shape.slice(-2);
    this.rank = rank;
    this.alpha = alpha;
    this.scaling = alpha / (config.useRslora ? Math.sqrt(rank) : rank);
    const spec = (shape: number[]): WeightSpec => ({ shape, trainable: true, dtype: 'float32', layout });
    this.specs = {
      down: spec([...taps, inputs, rank]),
      up: spec([...taps.map(() => 1), rank, outputs]),
    };
    const fanIn = inputs * taps.reduce((product, side) => product * side, 1);
    this.down = this.draw(this.specs.down.shape, config.initLoraWeights, 2 * settings.index, fanIn);
    const initial = config.initLoraWeights === false ? false : 'zero';
    this.up = this.draw(this.specs.up.shape, initial, 2 * settings.index + 1, rank);
    this.variables = [this.down, this.up];
  }

  add<T extends tf.Tensor>(y: T, x: T, product: WeightProduct<T>): T {
    const factor = this.scaling * this.scale;
    if (this.isMerged || factor === 0) return y;
    const hidden = tf.mul(product(this.drop(x), this.down), factor);
    return tf.add(y, linear(hidden, this.matrix())) as T;
  }

  /** What it adds to the weight itself. */
  delta(): tf.Tensor {
    return tf.tidy(() => {
      const rows = tf.reshape(this.down, [this.down.size / this.rank, this.rank]);
      const product = tf.mul(linear(rows, this.matrix()), this.scaling * this.scale);
      return tf.reshape(product, this.weight.spec.shape);
    });
  }

  private matrix(): tf.Tensor2D {
    return tf.reshape(this.up, [this.rank, this.up.size / this.rank]);
  }

  private drop<T extends tf.Tensor>(x: T): T {
    const { loraDropout: rate, seed } = this.settings.config;
    if (rate === 0 || !this.isDropping) return x;
    const { dropoutStep: step = 0 } = this.weight.layer as DroppingLayer;
    const key = { seed, stream: loraDropoutStream + this.settings.index, step };
    const rows: tf.Tensor4D = tf.reshape(x, [x.shape[0], 1, -1, x.shape[x.rank - 1]]);
    return tf.reshape(dropout(rows, { rate, key }), x.shape) as T;
  }

  private draw(
    shape: number[],
    kind: boolean | 'gaussian' | 'zero',
    step: number,
    fanIn: number,
  ): tf.Variable {
    const key: RandomKey = { seed: this.settings.config.seed, stream: loraStream, step };
    const size = tf.util.sizeFromShape(shape);
    const values = () => {
      if (kind === 'zero') return new Float32Array(size);
      if (kind === 'gaussian') return randomNormal(size, key).map((value) => value / this.rank);
      const bound = 1 / Math.sqrt(fanIn);
      return randomUniform(size, key).map((u) => (2 * u - 1) * bound);
    };
    return tf.tidy(() => tf.variable(tf.tensor(values(), shape)));
  }
}
