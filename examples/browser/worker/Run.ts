import * as tf from '@tensorflow/tfjs-core';
import { computeAlphaSchedule, makeBetaSchedule } from 'diffusion-ssl/diffusion';
import { namedParameters, setDropoutStep, unetAttD } from 'diffusion-ssl/models';
import { randomIntegers, randomNormal } from 'diffusion-ssl/ops';
import { AdamW } from 'diffusion-ssl/optimizers';
import { sampleDdim } from 'diffusion-ssl/samplers';
import { ExponentialMovingAverage, encodeCheckpoint, trainStep } from 'diffusion-ssl/training';
import type { Pixels, RunSettings, RunState, SampleFrame, SampleSettings } from '../shared/types.js';
import type { Dataset } from './Dataset.js';

const EMA_DECAY = 0.99;
/** Share of the reverse process that is left out where it begins with a chip. */
const START = 0.75;
/** Streams of the random generator, one a purpose; the step is the counter, so that a resumed run draws the same. */
const STREAMS = { chips: 9, timesteps: 10, noise: 11 };

/** A network in training. */
export class Run {
  readonly model;
  readonly parameters;
  readonly optimizer;
  ema;
  readonly alphaBars: Float64Array;
  step = 0;
  losses: number[] = [];

  constructor(readonly settings: RunSettings) {
    const { network, learningRate, schedule } = settings;
    const { timesteps, ...betas } = schedule;
    this.alphaBars = computeAlphaSchedule(makeBetaSchedule(timesteps, betas)).alphaBars;
    this.model = unetAttD(network);
    this.parameters = namedParameters(this.model);
    this.optimizer = new AdamW({ learningRate });
    this.ema = new ExponentialMovingAverage(this.parameters, EMA_DECAY);
  }

  get channels(): number {
    return this.settings.network.inChannels ?? 4;
  }

  /** One step on a batch of the dataset. */
  async train(dataset: Dataset): Promise<number> {
    const { settings, step, model, optimizer, alphaBars } = this;
    const { seed, batchSize, schedule, predictionType } = settings;
    const x0 = dataset.batch(
      randomIntegers(batchSize, dataset.chips.length, { seed, stream: STREAMS.chips, step }),
    );
    const key = { seed, stream: STREAMS.timesteps, step };
    const t = randomIntegers(batchSize, schedule.timesteps, key, { stratified: true });
    const noise = randomNormal<tf.Rank.R4>(x0.shape, { seed, stream: STREAMS.noise, step });
    setDropoutStep(model, step);
    try {
      const { loss } = await trainStep(model, [{ x0, t, noise }], {
        optimizer,
        parameters: this.parameters.filter(({ spec }) => spec.trainable),
        alphaBars,
        predictionType,
        maxGradientNorm: 1,
      });
      this.ema.update();
      this.step++;
      this.losses.push(loss);
      return loss;
    } finally {
      tf.dispose([x0, noise]);
    }
  }

  /** Draws one chip of the dataset's size with the averaged weights; tells every step. */
  async sample(
    dataset: Dataset,
    { steps, seed, chip }: SampleSettings,
    onFrame: (frame: SampleFrame) => Promise<void>,
  ): Promise<void> {
    const { size } = dataset;
    const pixels = async (image: tf.Tensor): Promise<Pixels> => ({
      height: size,
      width: size,
      channels: this.channels,
      data: (await image.data<'float32'>()).slice(),
    });
    const initialImage = chip === undefined ? undefined : dataset.batch([chip]);
    try {
      await this.ema.apply(async () => {
        const denoiser = (xT: tf.Tensor, t: tf.Tensor) => this.model.predict([xT, t]) as tf.Tensor;
        const result = await sampleDdim(denoiser, this.alphaBars, {
          shape: [1, size, size, this.channels],
          steps,
          seed,
          initialImage,
          startStep: initialImage && Math.floor(START * steps),
          spacing: 'trailing',
          clip: [0, 1],
          useClippedModelOutput: true,
          predictionType: this.settings.predictionType,
          onStep: async ({ step, t, xT, x0 }) =>
            onFrame({ step, t, xT: await pixels(xT), x0: await pixels(x0) }),
        });
        result.dispose();
      });
    } finally {
      initialImage?.dispose();
    }
  }

  /** Begins the average anew from the weights at hand. */
  restartAverage(): void {
    this.ema.dispose();
    this.ema = new ExponentialMovingAverage(this.parameters, EMA_DECAY);
  }

  /** The run as a safetensors file. */
  async encode(): Promise<Uint8Array<ArrayBuffer>> {
    const { parameters, optimizer, ema, settings, step, losses } = this;
    const state: RunState = { app: 'diffusion-ssl page', ...settings, step, losses };
    return Uint8Array.from(await encodeCheckpoint({ parameters, optimizer, ema }, state));
  }

  dispose(): void {
    this.ema.dispose();
    this.optimizer.dispose();
    this.model.dispose();
  }
}
