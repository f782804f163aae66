import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { FineTuning } from 'diffusion-ssl/finetuning';
import { classificationHead, segmentationHead } from 'diffusion-ssl/heads';
import { binaryCrossEntropy, crossEntropy } from 'diffusion-ssl/losses';
import { namedParameters } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { turn } from '../stopping/turn.js';
import type { Bench, Outcome } from './Bench.js';
import { drawBatch } from './drawBatch.js';
import type { DrawnLabels } from './drawLabels.js';
import { makeNetwork } from './makeNetwork.js';
import { scoredPixels } from './probeTrial.js';
import { makeScorer } from './score.js';
import { NO_LABEL, type Split, type Task, taskSizes } from './Task.js';

/** Where a network begins, and what of it is trained. */
export interface TrainedStart {
  /** The weights that were pretrained, or random ones. */
  weights: 'pretrained' | 'random';
  frozen: boolean;
}

/** Tried by every method that is trained. */
export const LEARNING_RATES = [1e-3, 4e-3];
const BATCH = 8;
/** How often the validation labels are asked within a training; the best state is kept. */
const CHECKS = 8;

/** What is left of a training with one learning rate. */
interface Trained {
  tuning: FineTuning;
  network: tfl.LayersModel;
  validation: number;
  curve: number[];
  /** The weights at the best check. */
  best: tf.Tensor[];
  rate: number;
  at: number;
}

/**
 * Trains network and head on the drawn labels, with each learning rate for the same number of steps, and keeps what was
 * best on the validation labels at one of some checks.
 */
export async function trainedTrial(
  bench: Bench,
  drawn: DrawnLabels,
  start: TrainedStart & { seed: number },
): Promise<Outcome> {
  let best: Trained | undefined;
  try {
    for (const rate of LEARNING_RATES) {
      const trained = await train(bench, drawn, { ...start, rate });
      const [keep, drop] = best && best.validation >= trained.validation ? [best, trained] : [trained, best];
      best = keep;
      if (drop) release(drop);
    }
    const { tuning, validation, curve, rate, at } = best!;
    restore(best!);
    const pixels = scoredPixels(bench.task, bench.scoreEvery);
    const all = Array.from({ length: bench.task.sets.test.count }, (_, i) => i);
    const test = await scoreChips(bench, tuning, { split: 'test', chips: all, pixels });
    const choice = `rate ${rate}, step ${at} of ${bench.steps}`;
    return { validation, test, choice, steps: bench.steps, curve };
  } finally {
    if (best) release(best);
  }
}

async function train(
  bench: Bench,
  drawn: DrawnLabels,
  { weights, frozen, seed, rate }: TrainedStart & { seed: number; rate: number },
): Promise<Trained> {
  const { task, steps, signal } = bench;
  const network = makeNetwork(bench.network, seed);
  if (weights === 'pretrained') copyWeights(bench.network.model, network);
  const { questions, classes } = taskSizes(task);
  const outputs = questions > 1 ? questions : classes;
  const perPixel = task.kind === 'segmentation';
  const scale = bench.network.factory === 'unetAttD' && bench.network.config.patchSize === 2 ? 2 : 1;
  const tuning = new FineTuning(network, {
    head: perPixel
      ? segmentationHead({ classes: outputs, seed, scale })
      : classificationHead({ classes: outputs, seed }),
    layers: perPixel ? undefined : bench.sceneLayers,
    optimizer: () => new AdamW({ learningRate: rate }),
    frozen,
    batchNorm: frozen ? 'running' : 'batch',
  });
  const trained: Trained = { tuning, network, validation: -1, curve: [], best: [], rate, at: 0 };
  const { chips, labels } = drawn.validate;
  const loss = (logits: tf.Tensor, wanted: tf.Tensor) =>
    task.kind === 'groups'
      ? binaryCrossEntropy(logits, tf.cast(wanted, 'float32'))
      : crossEntropy(logits, wanted, { ignoreIndex: NO_LABEL });
  try {
    for (let step = 0; step < steps; step++) {
      await turn(signal);
      const batch = await drawBatch(task, drawn.train, { seed, step, size: BATCH });
      await tuning.step([batch], { step, loss, maxGradientNorm: 1, signal });
      tf.dispose([batch.x, batch.labels]);
      const check = Math.ceil(steps / CHECKS);
      if ((step + 1) % check !== 0 && step + 1 < steps) continue;
      const score = await scoreChips(bench, tuning, { split: 'validate', chips, labels });
      trained.curve.push(Math.round(score * 1e4) / 1e4);
      if (score <= trained.validation) continue;
      tf.dispose(trained.best);
      Object.assign(trained, { validation: score, at: step + 1 });
      trained.best = tuning.parameters.map(({ variable }) => tf.clone(variable));
    }
    return trained;
  } catch (error) {
    release(trained);
    throw error;
  }
}

/** The score of a network on chips, of their own labels or of those given. */
async function scoreChips(
  { task, signal }: Bench,
  tuning: FineTuning,
  {
    split,
    chips,
    labels,
    pixels,
  }: { split: Split; chips: readonly number[]; labels?: Int32Array; pixels?: Int32Array },
): Promise<number> {
  const set = task.sets[split];
  const [height, width, bands] = task.shape;
  const { samples, questions } = taskSizes(task);
  const length = samples * questions;
  const scorer = makeScorer(task);
  for (let start = 0; start < chips.length; start += 16) {
    await turn(signal);
    const part = chips.slice(start, start + 16);
    const images = new Float32Array(part.length * height * width * bands);
    const size = images.length / part.length;
    for (const [i, chip] of part.entries())
      images.set(set.images.subarray(chip * size, (chip + 1) * size), i * size);
    const answers = tf.tidy(() => {
      const logits = tuning.predict(tf.tensor4d(images, [part.length, height, width, bands]));
      return task.kind === 'groups' ? tf.sigmoid(logits) : tf.softmax(logits);
    });
    const values = (await answers.data()) as Float32Array;
    answers.dispose();
    for (const [i, chip] of part.entries()) {
      const known = labels
        ? labels.subarray((start + i) * length, (start + i + 1) * length)
        : set.labels.subarray(chip * length, (chip + 1) * length);
      const own = values.subarray((i * values.length) / part.length, ((i + 1) * values.length) / part.length);
      addChip(scorer, task, { known, own, pixels });
    }
  }
  return scorer.score();
}

function addChip(
  scorer: ReturnType<typeof makeScorer>,
  task: Task,
  { known, own, pixels }: { known: Int32Array; own: Float32Array; pixels?: Int32Array },
): void {
  if (task.kind === 'groups') {
    scorer.add(
      known,
      Array.from(own, (p) => Float32Array.of(1 - p, p)),
    );
  } else if (pixels) {
    const classes = task.classes.length;
    const some = new Float32Array(pixels.length * classes);
    for (const [i, p] of pixels.entries())
      some.set(own.subarray(p * classes, (p + 1) * classes), i * classes);
    scorer.add(
      Int32Array.from(pixels, (p) => known[p]),
      [some],
    );
  } else {
    scorer.add(known, [own]);
  }
}

function copyWeights(from: tfl.LayersModel, to: tfl.LayersModel): void {
  const known = new Map(namedParameters(from).map(({ name, variable }) => [name, variable]));
  for (const { name, variable } of namedParameters(to)) variable.assign(known.get(name) as tf.Tensor);
}

function restore({ tuning, best }: Trained): void {
  for (const [i, { variable }] of tuning.parameters.entries()) variable.assign(best[i] as never);
}

function release({ tuning, network, best }: Trained): void {
  tf.dispose(best);
  tuning.optimizer.dispose();
  const others = network.layers.filter((layer) => !tuning.model.layers.includes(layer));
  tuning.model.dispose();
  for (const layer of others) layer.dispose();
}
