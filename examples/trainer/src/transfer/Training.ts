import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { FineTuning, type MakeHead } from 'diffusion-ssl/finetuning';
import { changeHead, classificationHead, segmentationHead } from 'diffusion-ssl/heads';
import { binaryCrossEntropy, crossEntropy } from 'diffusion-ssl/losses';
import { namedParameters } from 'diffusion-ssl/models';
import { AdamW } from 'diffusion-ssl/optimizers';
import { turn } from '../stopping/turn.js';
import type { Bench } from './Bench.js';
import { drawBatch } from './drawBatch.js';
import type { DrawnLabels } from './drawLabels.js';
import { makeNetwork } from './makeNetwork.js';
import { scoreChips } from './scoreChips.js';
import { isPerPixel, NO_LABEL, type TaskKind, taskSizes } from './Task.js';

/** Where a network begins, and what of it is trained. */
export interface TrainedStart {
  /** The weights that were pretrained, or random ones. */
  weights: 'pretrained' | 'random';
  frozen: boolean;
}

/** Chips of a step. */
export const BATCH = 8;
/** How often the validation labels are asked within a training. */
export const CHECKS = 8;

/** A network and a head, trained on the drawn labels step by step; the state that was best on the validation labels. */
export class Training {
  /** The score on the validation labels at each check. */
  readonly curve: number[] = [];
  /** The best of them, and after how many steps it was. */
  validation = -1;
  at = 0;
  readonly tuning: FineTuning;
  readonly #network: tfl.LayersModel;
  #best: tf.Tensor[] = [];
  #step = 0;

  constructor(
    private readonly bench: Bench,
    private readonly drawn: DrawnLabels,
    private readonly options: TrainedStart & { seed: number; rate: number },
  ) {
    const { task, network, sceneLayers } = bench;
    const { weights, frozen, seed, rate } = options;
    this.#network = makeNetwork(network, seed);
    if (weights === 'pretrained') copyWeights(network.model, this.#network);
    const perPixel = isPerPixel(task.kind);
    const classes = task.classes.length;
    const scale = network.factory === 'unetAttD' && network.config.patchSize === 2 ? 2 : 1;
    this.tuning = new FineTuning(this.#network, {
      head: headOf(task.kind, { classes, seed, scale }),
      layers: perPixel ? undefined : sceneLayers,
      optimizer: () => new AdamW({ learningRate: rate }),
      frozen,
      batchNorm: frozen ? 'running' : 'batch',
    });
  }

  /** Trains until so many checks are done, or so many in a row brought nothing better. */
  async advance(checks: number, patience = Number.POSITIVE_INFINITY): Promise<void> {
    const { bench, drawn, tuning, curve } = this;
    const { seed } = this.options;
    const { task, steps, signal } = bench;
    while (curve.length < checks && this.#step < steps && curve.length - this.#bestCheck() < patience) {
      const end = Math.round(((curve.length + 1) * steps) / CHECKS);
      for (; this.#step < end; this.#step++) {
        await turn(signal);
        const batch = await drawBatch(task, drawn.train, { seed, step: this.#step, size: BATCH });
        try {
          await tuning.step([batch], { step: this.#step, loss: this.#loss, maxGradientNorm: 1, signal });
        } finally {
          tf.dispose([batch.x, batch.labels]);
        }
      }
      const score = await scoreChips(bench, tuning, { split: 'validate', ...drawn.validate });
      curve.push(Math.round(score * 1e4) / 1e4);
      if (score <= this.validation) continue;
      Object.assign(this, { validation: score, at: this.#step });
      tf.dispose(this.#best);
      this.#best = tuning.parameters.map(({ variable }) => tf.clone(variable));
    }
  }

  /** Takes the weights of the best check. */
  restore(): void {
    for (const [i, { variable }] of this.tuning.parameters.entries()) variable.assign(this.#best[i] as never);
  }

  dispose(): void {
    const { model, optimizer } = this.tuning;
    tf.dispose(this.#best);
    this.tuning.dispose();
    optimizer.dispose();
    const others = this.#network.layers.filter((layer) => !model.layers.includes(layer));
    model.dispose();
    for (const layer of others) layer.dispose();
  }

  #bestCheck(): number {
    return this.curve.indexOf(Math.max(...this.curve)) + 1;
  }

  readonly #loss = (logits: tf.Tensor, wanted: tf.Tensor): tf.Scalar =>
    taskSizes(this.bench.task).questions > 1
      ? binaryCrossEntropy(logits, tf.cast(wanted, 'float32'))
      : crossEntropy(logits, wanted, { ignoreIndex: NO_LABEL });
}

function headOf(
  kind: TaskKind,
  { classes, seed, scale }: { classes: number; seed: number; scale: number },
): MakeHead {
  if (kind === 'change') return changeHead({ classes, seed, scale });
  if (kind === 'segmentation') return segmentationHead({ classes, seed, scale });
  return classificationHead({ classes, seed });
}

function copyWeights(from: tfl.LayersModel, to: tfl.LayersModel): void {
  const known = new Map(namedParameters(from).map(({ name, variable }) => [name, variable]));
  for (const { name, variable } of namedParameters(to)) variable.assign(known.get(name) as tf.Tensor);
}
