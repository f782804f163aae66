import * as tf from '@tensorflow/tfjs-core';
import { computeSnr, minSnrWeights } from 'diffusion-ssl/diffusion';
import { inferenceModel, layersDenoiser, namedParameters, unetAttD } from 'diffusion-ssl/models';
import { randomIntegers, randomNormal } from 'diffusion-ssl/ops';
import { AdamW } from 'diffusion-ssl/optimizers';
import { sampleDdim } from 'diffusion-ssl/samplers';
import { checkpointPieces, ExponentialMovingAverage, trainStep } from 'diffusion-ssl/training';
import { alphaBarsOf } from '../shared/alphaBarsOf.js';
import type {
  LossPoint,
  RunSettings,
  RunState,
  SampleFrame,
  SampleSettings,
  StepSettings,
} from '../shared/types.js';
import { ChipScale } from './ChipScale.js';
import type { Dataset } from './Dataset.js';
import { learningRateAt } from './learningRateAt.js';
import { mosaic } from './mosaic.js';

const EMA_DECAY = 0.98;
const WEIGHT_DECAY = 1e-4;
/** From this step on batch norm keeps to its running statistics, with which the network predicts. */
const FREEZE_FROM = 90;
/** Share of the reverse process that is left out where it begins with a chip. */
const START = 0.75;
/** Rows and columns in which samples from pure noise are drawn. */
const COLUMNS = 2;
/** Streams of the random generator, one a purpose; the step is the counter, so that a resumed run draws the same. */
const STREAMS = { chips: 9, timesteps: 10, noise: 11 };
/** How samples are shown of a network of which nothing says how its chips were scaled. */
const UNKNOWN_SCALING = { normalization: { strategy: 'z_value', procedure: 'lpb' } } as const;

/** A network in training. */
export class Run {
  readonly model;
  private readonly denoiser;
  readonly parameters;
  readonly optimizer;
  ema;
  readonly alphaBars: Float64Array;
  /** What the loss of each timestep counts. */
  readonly lossWeights: Float64Array;
  step = 0;
  losses: LossPoint[] = [];
  private scale?: ChipScale;

  constructor(readonly settings: RunSettings) {
    const { network, learningRate, schedule, scaling } = settings;
    this.alphaBars = alphaBarsOf(schedule);
    this.lossWeights = lossWeights(this.alphaBars, settings);
    if (scaling) this.scale = new ChipScale(scaling, this.channels);
    this.model = unetAttD(network);
    this.denoiser = layersDenoiser(this.model);
    this.parameters = namedParameters(this.model);
    this.optimizer = new AdamW({ learningRate, weightDecay: WEIGHT_DECAY });
    this.ema = new ExponentialMovingAverage(this.parameters, EMA_DECAY);
  }

  get channels(): number {
    return this.settings.network.inChannels ?? 4;
  }

  /** The run's scale; of a run that has none yet, that of these chips from now on, if they have its bands. */
  scaleOn(dataset: Dataset): ChipScale {
    if (!this.scale && dataset.bands !== this.channels) return new ChipScale(UNKNOWN_SCALING, this.channels);
    this.settings.scaling ??= dataset.scaling;
    this.settings.bands ??= dataset.knownBands;
    this.scale ??= new ChipScale(this.settings.scaling, this.channels);
    return this.scale;
  }

  /** One step on a batch of the dataset. */
  async train(dataset: Dataset, { batchSize, learningRate }: StepSettings): Promise<number> {
    const { settings, step, denoiser, optimizer, alphaBars } = this;
    const { seed, schedule, predictionType, snrPower, minSnrGamma } = settings;
    Object.assign(settings, { batchSize, learningRate });
    const x0 = dataset.batch(
      randomIntegers(batchSize, dataset.chips.length, { seed, stream: STREAMS.chips, step }),
      this.scaleOn(dataset),
    );
    const key = { seed, stream: STREAMS.timesteps, step };
    const t = randomIntegers(batchSize, schedule.timesteps, key, { stratified: true });
    const noise = randomNormal<tf.Rank.R4>(x0.shape, { seed, stream: STREAMS.noise, step });
    optimizer.learningRate = learningRateAt(step, learningRate);
    try {
      const { loss } = await trainStep(denoiser, [{ x0, t, noise }], {
        optimizer,
        step,
        parameters: this.parameters.filter(({ spec }) => spec.trainable),
        alphaBars,
        predictionType,
        snrPower,
        minSnrGamma,
        training: step < FREEZE_FROM,
        maxGradientNorm: 1,
      });
      this.ema.update();
      this.step++;
      this.losses.push([this.step, loss]);
      return loss;
    } finally {
      tf.dispose([x0, noise]);
    }
  }

  /**
   * Draws chips of the dataset's size with the averaged weights, four from pure noise or one from a chip; tells every
   * step.
   */
  async sample(
    dataset: Dataset,
    { steps, seed, chip }: SampleSettings,
    onFrame: (frame: SampleFrame) => Promise<void>,
  ): Promise<void> {
    const { size } = dataset;
    const { channels, alphaBars } = this;
    const scale = this.scaleOn(dataset);
    const { ranges } = scale;
    const number = chip === undefined ? COLUMNS ** 2 : 1;
    const pixels = async (batch: tf.Tensor) => {
      const values = await batch.data<'float32'>();
      const length = values.length / number;
      const images = Array.from({ length: number }, (_, i) =>
        scale.inUnits({
          height: size,
          width: size,
          channels,
          data: values.slice(i * length, (i + 1) * length),
        }),
      );
      return number === 1 ? images[0] : mosaic(images, COLUMNS);
    };
    const initialImage = chip === undefined ? undefined : dataset.batch([chip], scale);
    const count = Math.min(steps, alphaBars.length);
    try {
      await this.ema.apply(async () => {
        const { denoiser, dispose } = inferenceModel(this.model);
        const result = await sampleDdim(denoiser, alphaBars, {
          shape: [number, size, size, channels],
          steps: count,
          seed,
          initialImage,
          startStep: initialImage && Math.floor(START * count),
          spacing: 'trailing',
          clip: scale.limits,
          eta: 1,
          useClippedModelOutput: true,
          predictionType: this.settings.predictionType,
          onStep: async ({ step, t, xT, x0 }) =>
            onFrame({
              seed,
              trained: this.step,
              step,
              t,
              xT: await pixels(xT),
              x0: await pixels(x0),
              ranges,
            }),
        }).finally(dispose);
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

  /** The run as a safetensors file, which the browser may keep on its disk. */
  async encode(): Promise<Blob> {
    const { parameters, optimizer, ema, settings, step, losses } = this;
    const state: RunState = { app: 'diffusion-ssl page', ...settings, step, losses };
    const parts: Blob[] = [];
    for await (const piece of checkpointPieces({ parameters, optimizer, ema }, state))
      parts.push(new Blob([piece]));
    return new Blob(parts);
  }

  dispose(): void {
    this.ema.dispose();
    this.optimizer.dispose();
    this.model.dispose();
  }
}

function lossWeights(
  alphaBars: Float64Array,
  { snrPower = 0, minSnrGamma, predictionType }: RunSettings,
): Float64Array {
  const clipped =
    minSnrGamma === undefined ? undefined : minSnrWeights(alphaBars, { gamma: minSnrGamma, predictionType });
  return computeSnr(alphaBars).map((snr, t) => snr ** snrPower * (clipped?.[t] ?? 1));
}
