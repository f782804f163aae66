import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { type PositionRule, resizePositions } from '../ops/resizePositions.js';
import { normalValues, type ParameterSpec, parameter } from './ParameterSpec.js';
import { SpecLayer, type SpecLayerConfig } from './SpecLayer.js';
import { sinePositions } from './sinePositions.js';

/** Configuration of {@link TokenSequence}. */
export interface TokenSequenceConfig extends SpecLayerConfig {
  channels: number;
  /** Rows and columns of patches that the positions are of. */
  grid: readonly [rows: number, columns: number];
  /** Whether a learned token comes first, `cls_token`. Default false. */
  classToken?: boolean;
  /** Learned tokens behind it, `reg_token`. Default 0. */
  registers?: number;
  /** Tokens that the further inputs bring. Default 0. */
  given?: number;
  /**
   * `'learned'`: `pos_embed`, brought to another grid by `rule`; `'sine'`: fixed ones, `'storedSine'` those as a
   * buffer `pos_embed`. Default `'learned'`.
   */
  positions?: 'learned' | 'sine' | 'storedSine';
  /** Whether learned positions are of the patches alone. Default false: of all tokens. */
  patchesOnly?: boolean;
  /** Default `'dino'`. */
  rule?: PositionRule;
}

/**
 * A grid of patches as a sequence of tokens, behind a class token, registers and tokens that are given, with positions.
 *
 * [batch, rows, columns, channels], alone or in a list before [batch, channels] or [batch, tokens, channels] →
 * [batch, tokens, channels]. Its parameters are known without the layer's name: `cls_token`, `reg_token`, `pos_embed`.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core';
 * import { TokenSequence } from 'diffusion-ssl/layers';
 *
 * const layer = new TokenSequence({ name: 'tokens', channels: 8, grid: [4, 4], classToken: true });
 * console.log((layer.apply(tf.ones([1, 6, 5, 8])) as tf.Tensor).shape); // [1, 31, 8]
 * ```
 */
export class TokenSequence extends SpecLayer {
  static readonly className = 'DiffusionSslTokenSequence';
  override readonly isRoot = true;

  constructor(protected override readonly config: TokenSequenceConfig) {
    super(config);
  }

  /** Tokens before those of the patches. */
  get prefix(): number {
    const { classToken = false, registers = 0, given = 0 } = this.config;
    return Number(classToken) + registers + given;
  }

  override parameterSpecs(): ParameterSpec[] {
    const { channels, grid, classToken, registers = 0, positions = 'learned', patchesOnly } = this.config;
    const tokens = (name: string, count: number, std: number) =>
      parameter(name, [1, count, channels], normalValues(std));
    const patches = grid[0] * grid[1];
    const specs: ParameterSpec[] = [];
    if (classToken) specs.push(tokens('cls_token', 1, 0.02));
    if (registers > 0) specs.push(tokens('reg_token', registers, 1e-6));
    if (positions === 'learned') {
      specs.push(tokens('pos_embed', patches + (patchesOnly ? 0 : this.prefix), 0.02));
    } else if (positions === 'storedSine') {
      const values = () => sinePositions(grid, channels, grid);
      const spec = parameter('pos_embed', [1, patches, channels], { type: 'values', values });
      specs.push({ ...spec, trainable: false });
    }
    return specs;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, rows, columns] = Array.isArray(inputShape[0]) ? inputShape[0] : (inputShape as tfl.Shape);
    const { channels } = this.config;
    return [batch, rows && columns ? this.prefix + rows * columns : null, channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [patches, ...given] = Array.isArray(inputs) ? inputs : [inputs];
    const { classToken, registers = 0, patchesOnly, positions = 'learned' } = this.config;
    const [batch, rows, columns, channels] = patches.shape;
    return tf.tidy(() => {
      const grid = [rows, columns] as const;
      let tokens: tf.Tensor3D = tf.reshape(patches, [batch, rows * columns, channels]);
      if (positions !== 'learned') tokens = tf.add(tokens, this.sines(grid));
      else if (patchesOnly) tokens = tf.add(tokens, this.learned(grid, 0));
      const first: tf.Tensor3D[] = [
        ...(classToken ? [this.repeated('cls_token', batch)] : []),
        ...(registers > 0 ? [this.repeated('reg_token', batch)] : []),
        ...given.map((token) => tf.reshape(token, [batch, token.size / batch / channels, channels])),
      ] as tf.Tensor3D[];
      const all = first.length > 0 ? tf.concat([...first, tokens], 1) : tokens;
      return positions === 'learned' && !patchesOnly ? tf.add(all, this.learned(grid, this.prefix)) : all;
    });
  }

  private learned(to: readonly [number, number], prefix: number): tf.Tensor3D {
    const { grid, rule } = this.config;
    return resizePositions(this.variable<tf.Rank.R3>('pos_embed'), { from: grid, to, prefix, rule });
  }

  private sines([rows, columns]: readonly [number, number]): tf.Tensor3D {
    const { grid, channels, positions } = this.config;
    if (positions === 'storedSine' && rows === grid[0] && columns === grid[1]) {
      return this.variable<tf.Rank.R3>('pos_embed');
    }
    return tf.tensor3d(sinePositions([rows, columns], channels, grid), [1, rows * columns, channels]);
  }

  /** A learned token for each sample. */
  private repeated(name: string, batch: number): tf.Tensor {
    const token = this.variable(name);
    return tf.add(token, tf.zeros([batch, ...token.shape.slice(1)]));
  }
}
