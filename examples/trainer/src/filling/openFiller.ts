import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from 'diffusion-ssl/errors';
import { inferenceModel } from 'diffusion-ssl/models';
import { randomNormal } from 'diffusion-ssl/ops';
import type { ModelCondition } from 'diffusion-ssl/pretrained';
import { type NoiseSource, sampleRepaint } from 'diffusion-ssl/samplers';
import { conditionedDenoiser } from '../conditions/conditionedDenoiser.js';
import { conditionFields } from '../conditions/conditionFields.js';
import { knownField } from '../conditions/gapField.js';
import { knownModalities } from '../conditions/givenField.js';
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
  /** Modalities that are given whole, of a network that generates others from them. */
  given?: readonly string[];
  /** What the network is told besides: a value for each of `toldValues`, as a row of a `ConditionTable`. */
  told: readonly number[];
  signal: AbortSignal;
}

/** Fills a window. */
export interface Filler {
  /**
   * @param known [samples, height, width, bands], as the network has them; of gaps anything.
   * @param gaps [1, height, width, bands], 1 where a value is missing.
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

/** How a network fills gaps: as it was trained to, if it was, or else by RePaint. */
export function fillMethodOf(
  { conditions = [] }: Pick<OpenModel, 'conditions'>,
  given?: readonly string[],
): FillOptions['method'] {
  const wanted = given ? 'given' : 'fill';
  return conditions.some(({ kind }) => kind === wanted) ? 'network' : 'repaint';
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
  const tell = method === 'network' ? tellerOf(model, options.given) : undefined;
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
      const condition = tell ? { ...columns, ...tell(known, gaps) } : columns;
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

/** What tells the network what is known, under the name of its condition. */
function tellerOf(
  { conditions = [] }: OpenModel,
  given: FillOptions['given'],
): (known: tf.Tensor4D, gaps: tf.Tensor4D) => Record<string, tf.Tensor> {
  if (given) {
    const { name, modalities } = modalitiesOf({ conditions });
    const isGiven = modalities.map((one) => given.includes(one.name));
    return (known) => ({
      [name]: knownModalities(known, modalities, new Array(known.shape[0]).fill(isGiven)),
    });
  }
  const name = conditions.find(({ kind }) => kind === 'fill')?.name;
  if (name === undefined) {
    throw new ConfigError(
      '--method network needs a network that was trained to fill gaps: pretrain --model unet2d --conditions gaps:fill.',
    );
  }
  return (known, gaps) => ({
    [name]: tf.tidy(() =>
      knownField(known, tf.tile(tf.max<tf.Tensor4D>(gaps, 3, true), [known.shape[0], 1, 1, 1])),
    ),
  });
}

/**
 * The modalities of a network that generates some from others.
 *
 * @throws `ConfigError` if it is none.
 */
export function modalitiesOf({ conditions = [] }: Pick<OpenModel, 'conditions'>) {
  for (const condition of conditions) if (condition.kind === 'given') return condition;
  throw new ConfigError(
    '--given needs a network that was trained to generate modalities from others: ' +
      'pretrain --model unet2d --conditions modalities:given:optical=1-3:elevation=4.',
  );
}

function noiseOf(seed: number, window: number): NoiseSource {
  return ([count, ...shape], draw) =>
    tf.stack(
      Array.from({ length: count }, (_, i) =>
        randomNormal(shape, { seed, stream: NOISE_STREAM + i, step: window * DRAWS + draw }),
      ),
    );
}
