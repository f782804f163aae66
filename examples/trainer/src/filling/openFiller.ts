import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from 'diffusion-ssl/errors';
import { inferenceModel } from 'diffusion-ssl/models';
import { randomNormal } from 'diffusion-ssl/ops';
import type { ModelCondition } from 'diffusion-ssl/pretrained';
import { type NoiseSource, sampleRepaint } from 'diffusion-ssl/samplers';
import { conditionedDenoiser } from '../conditions/conditionedDenoiser.js';
import { conditionFields } from '../conditions/conditionFields.js';
import { knownField } from '../conditions/gapField.js';
import type { OpenModel } from '../model/openModel.js';
import { SAMPLERS, type SamplerName } from '../model/samplers.js';
import { turn } from '../stopping/turn.js';

/** How gaps are filled. */
export interface FillOptions {
  /** By RePaint, with any network, or by a network that was trained to fill. */
  method: 'repaint' | 'network';
  /** Fillings of each gap. */
  samples: number;
  steps: number;
  /** Of the network's way. */
  sampler: SamplerName;
  /** Of RePaint's. */
  jumpLength: number;
  resamplings: number;
  seed: number;
  /** What the network is told besides: a value for each of `toldValues`, as a row of a `ConditionTable`. */
  told: readonly number[];
  signal: AbortSignal;
}

/** Fills a window. */
export interface Filler {
  /**
   * @param known [samples, height, width, bands], as the network has them; of gaps anything.
   * @param gaps [1, height, width, 1], 1 in gaps.
   * @param window Its number in the scene, which names the noise.
   * @returns The same shape: fillings in gaps, elsewhere what is known; the caller's.
   */
  fill(known: tf.Tensor4D, gaps: tf.Tensor4D, window: number): Promise<tf.Tensor4D>;
  dispose(): void;
}

/** The noise of filling `i` is drawn from stream `NOISE_STREAM + i`. */
const NOISE_STREAM = 0x10000;
/** Draws of noise that a window may ask for: more than RePaint makes by its paper's numbers. */
const DRAWS = 2 ** 16;

/** How a network fills gaps: by a condition that tells it what is known, if it has one, or else by RePaint. */
export function fillMethodOf({ conditions = [] }: Pick<OpenModel, 'conditions'>): FillOptions['method'] {
  return conditions.some(({ kind }) => kind === 'fill') ? 'network' : 'repaint';
}

/** The conditions that a filling may be told: classes and numbers; images it goes without. */
export function toldValues({ conditions = [] }: Pick<OpenModel, 'conditions'>): ModelCondition[] {
  return conditions.filter(({ kind }) => kind === 'class' || kind === 'number');
}

/**
 * Makes what fills gaps.
 *
 * @throws `ConfigError` if the network was not trained for the method.
 */
export function openFiller(model: OpenModel, options: FillOptions): Filler {
  const { conditions = [], alphaBars, diffusion, display } = model;
  const { method, samples, steps, told } = options;
  const gapName = conditions.find(({ kind }) => kind === 'fill')?.name;
  if (method === 'network' && gapName === undefined) {
    throw new ConfigError(
      '--method network needs a network that was trained to fill gaps: pretrain --model unet2d --conditions gaps:fill.',
    );
  }
  const { denoiser, dispose } = inferenceModel(model.model);
  const conditioned = conditionedDenoiser(denoiser, conditions);
  const rows = Array.from({ length: samples }, () => told);
  return {
    async fill(known, gaps, window) {
      const shared = {
        clip: display.limits,
        predictionType: diffusion.predictionType,
        noise: noiseOf(options.seed, window),
        steps,
        signal: options.signal,
        onStep: () => turn(options.signal),
      };
      const columns = conditionFields(toldValues(model), rows);
      const isKnown = tf.sub(1, gaps);
      const own =
        method === 'network'
          ? tf.tidy(() => knownField(known, tf.tile(gaps, [samples, 1, 1, 1])))
          : undefined;
      const condition = own ? { ...columns, [gapName as string]: own } : columns;
      try {
        if (method === 'repaint') {
          const { jumpLength, resamplings } = options;
          const repainting = { ...shared, image: known, mask: isKnown, jumpLength, resamplings, condition };
          return (await sampleRepaint(conditioned, alphaBars, repainting)) as tf.Tensor4D;
        }
        const drawing = { ...shared, shape: known.shape, condition };
        const drawn = await SAMPLERS[options.sampler](conditioned, alphaBars, drawing);
        const filled = tf.tidy(() => tf.where(tf.cast(gaps, 'bool'), drawn, known) as tf.Tensor4D);
        drawn.dispose();
        return filled;
      } finally {
        tf.dispose({ isKnown, ...condition });
      }
    },
    dispose,
  };
}

function noiseOf(seed: number, window: number): NoiseSource {
  return ([count, ...shape], draw) =>
    tf.stack(
      Array.from({ length: count }, (_, i) =>
        randomNormal(shape, { seed, stream: NOISE_STREAM + i, step: window * DRAWS + draw }),
      ),
    );
}
