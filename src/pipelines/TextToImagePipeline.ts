import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { ConditionFields, Denoiser } from '../diffusion/Denoiser.js';
import type { PredictionType } from '../diffusion/predictionType.js';
import { ConfigError } from '../errors/ConfigError.js';
import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';
import { inFunction } from '../internal/inFunction.js';
import { randomNormal } from '../internal/philox.js';
import { latentStream } from '../internal/streams.js';
import type { AutoencoderKlConfig } from '../models/AutoencoderKlConfig.js';
import { decodeLatents } from '../models/decodeLatents.js';
import { encodeLatents } from '../models/encodeLatents.js';
import { layersDenoiser } from '../models/layersDenoiser.js';
import { scaleLatents } from '../models/scaleLatents.js';
import type { Unet2dConditionConfig } from '../models/Unet2dConditionConfig.js';
import { unscaleLatents } from '../models/unscaleLatents.js';
import { guideDenoiser } from '../samplers/guideDenoiser.js';
import type { SolverOptions } from '../samplers/SolverOptions.js';
import { encodePrompts, type PromptEncoder } from './encodePrompts.js';
import type { PipelineScheduler, Sampler } from './readScheduler.js';

/** The networks of a pipeline and what they were made with. */
export interface TextToImageParts {
  unet: tfl.LayersModel;
  unetConfig: Unet2dConditionConfig;
  autoencoder: tfl.LayersModel;
  autoencoderConfig: AutoencoderKlConfig;
  /** One, or the two of Stable Diffusion XL. */
  encoders: readonly PromptEncoder[];
  scheduler: PipelineScheduler;
  /** Whether no prompt to avoid is told as zeros, as in Stable Diffusion XL, or as an empty text. */
  zerosForNoPrompt: boolean;
}

/** Options of {@link TextToImagePipeline.generate}. Those of a sampler that are not named here are handed to it. */
export interface GenerateOptions
  extends Omit<
    SolverOptions<never>,
    'shape' | 'condition' | 'initialImage' | 'startStep' | 'predictionType' | 'steps'
  > {
  /** What the images are to avoid: one text for all, or one each. Default: nothing. */
  negativePrompt?: string | readonly string[];
  /** Sides in pixels, multiples of the autoencoder's factor. Default: those that the network was trained for. */
  height?: number;
  width?: number;
  /** How many steps. Default 50. */
  steps?: number;
  /** How far to go from the prompt to avoid towards the other and beyond; up to 1 without guidance. Default 7.5. */
  guidanceScale?: number;
  /** How much of the deviation of the unguided prediction is brought back, in [0, 1]. Default 0. */
  guidanceRescale?: number;
  /** Any sampler, `sampleDpmPlusPlus2M`, say. Default: that of the pipeline's scheduler. */
  sampler?: Sampler;
  /** Images in [0, 1] to start from, [batch, height, width, 3]. Default: pure noise. */
  initialImage?: tf.Tensor4D;
  /** How much of them is left to chance, in (0, 1]: that share of the steps is taken. Default 0.8. */
  strength?: number;
  /** Numbers of each image, [batch, numbers], of a network that takes `metadata`. Guidance drops them too. */
  metadata?: readonly (readonly number[])[];
  /** What guidance tells in place of each of them: NaN after `dropCondition`. Default 0, as in DiffusionSat. */
  noMetadata?: number;
}

const EMBEDDING_SIDES = 6;

/**
 * A pipeline from texts to images, as `textToImage` opens it: text encoders, U-Net and autoencoder, each a model that
 * adapters can be added to.
 *
 * @example
 * ```ts no-run
 * import { loadLora } from 'diffusion-ssl/adapters';
 * import { type TextToImagePipeline, textToImage } from 'diffusion-ssl/pipelines';
 * import { folderFiles } from 'diffusion-ssl/training/node';
 *
 * const pipeline: TextToImagePipeline = await textToImage(folderFiles('stable-diffusion-v1-5'));
 * await loadLora({ unet: pipeline.unet }, folderFiles('lora'));
 * const images = await pipeline.generate(['a harbor', 'a farm'], { guidanceScale: 5, seed: 1 });
 * console.log(images.shape); // [2, 512, 512, 3]
 * pipeline.dispose();
 * ```
 */
export class TextToImagePipeline {
  private readonly denoiser: Denoiser<ConditionFields | undefined>;

  /** @internal */
  constructor(private readonly parts: TextToImageParts) {
    this.denoiser = layersDenoiser(parts.unet);
  }

  /** The network that removes noise. */
  get unet(): tfl.LayersModel {
    return this.parts.unet;
  }

  /** The autoencoder, for `encodeLatents` and `decodeLatents`. */
  get autoencoder(): tfl.LayersModel {
    return this.parts.autoencoder;
  }

  /** The text encoders. */
  get textEncoders(): tfl.LayersModel[] {
    return this.parts.encoders.map(({ model }) => model);
  }

  /** ᾱ of the schedule that the network was trained with. */
  get alphaBars(): Float64Array {
    return this.parts.scheduler.alphaBars;
  }

  /** What the network predicts. */
  get predictionType(): PredictionType {
    return this.parts.scheduler.options.predictionType ?? 'noise';
  }

  /** Height and width in pixels of the images that the network was trained on. */
  get trainedSides(): [height: number, width: number] {
    const [height, width = height] = [this.parts.unetConfig.sampleSize ?? 64].flat();
    return [height * this.factor, width * this.factor];
  }

  /** Pixels to a side of a latent. */
  get factor(): number {
    return 2 ** ((this.parts.autoencoderConfig.blockOutChannels?.length ?? 1) - 1);
  }

  /**
   * What the network is told of texts: `encoderHiddenStates` [batch, length, channels], of Stable Diffusion XL
   * `textEmbeds` [batch, size] too. The caller's to dispose.
   */
  encodePrompts(prompts: readonly string[]): Record<string, tf.Tensor> {
    return encodePrompts(this.parts.encoders, prompts);
  }

  /**
   * Images of texts.
   *
   * @param prompt A text, or one an image.
   * @returns Images in [0, 1], [batch, height, width, channels], the caller's to dispose.
   * @throws {ConfigError} (rejects) If an option is out of range or does not fit the network.
   * @throws {AbortError} (rejects) If `options.signal` is aborted.
   */
  async generate(prompt: string | readonly string[], options: GenerateOptions = {}): Promise<tf.Tensor4D> {
    const latents = await this.generateLatents(prompt, options);
    try {
      return this.decode(latents);
    } finally {
      latents.dispose();
    }
  }

  /** Latents of texts, as `decode` takes them; for the rest as `generate`. */
  async generateLatents(
    prompt: string | readonly string[],
    options: GenerateOptions = {},
  ): Promise<tf.Tensor4D> {
    const name = 'TextToImagePipeline';
    const { scheduler, unetConfig } = this.parts;
    const {
      negativePrompt,
      height,
      width,
      steps = 50,
      guidanceScale = 7.5,
      guidanceRescale = 0,
      sampler,
      initialImage,
      strength = 0.8,
      metadata,
      noMetadata = 0,
      ...rest
    } = options;
    const prompts = typeof prompt === 'string' ? [prompt] : prompt;
    if (prompts.length === 0) throw argumentError(`${name}: prompt`, prompt, 'a text, or a list of texts');
    checkNumber(`${name}: guidanceScale`, guidanceScale);
    checkNumber(`${name}: strength`, strength, 2 ** -20, 1);
    checkInteger(`${name}: steps`, steps, 1);
    const sides = this.sidesOf(height, width, initialImage);
    const { condition, unconditional, initial } = tf.tidy(() => {
      const condition = this.conditionOf(prompts, sides, metadata);
      return {
        condition,
        unconditional: guidanceScale > 1 ? this.unconditionalOf(condition, negativePrompt, noMetadata) : {},
        ...(initialImage && { initial: this.encode(initialImage, options.seed) }),
      };
    });
    try {
      const guidance = { condition, unconditional, scale: guidanceScale, rescale: guidanceRescale };
      const denoiser: Denoiser =
        guidanceScale > 1
          ? guideDenoiser(this.denoiser, guidance)
          : (x, t, _, call) => this.denoiser(x, t, condition, call);
      const shape = [prompts.length, ...sides.map((side) => side / this.factor), unetConfig.inChannels ?? 4];
      const run = {
        ...{ ...scheduler.options, ...(sampler ? {} : scheduler.own), ...rest, shape, steps },
        initialImage: initial,
        startStep: initial ? steps - Math.max(1, Math.min(steps, Math.floor(steps * strength))) : undefined,
      };
      return (await (sampler ?? scheduler.sampler)(denoiser, scheduler.alphaBars, run)) as tf.Tensor4D;
    } finally {
      tf.dispose([condition, unconditional, initial ?? []]);
    }
  }

  /** Images in [0, 1] of latents, the caller's to dispose. */
  decode(latents: tf.Tensor4D): tf.Tensor4D {
    const { autoencoder, autoencoderConfig } = this.parts;
    return tf.tidy(() => {
      const image = decodeLatents(autoencoder, unscaleLatents(latents, autoencoderConfig));
      return tf.clipByValue(tf.add(tf.mul(image, 0.5), 0.5), 0, 1) as tf.Tensor4D;
    });
  }

  /** Latents of images in [0, 1], drawn by a seed, the caller's to dispose. */
  encode(images: tf.Tensor4D, seed = 0): tf.Tensor4D {
    const { autoencoder, autoencoderConfig } = this.parts;
    return tf.tidy(() => {
      const { mean, std } = encodeLatents(autoencoder, tf.sub(tf.mul(images, 2), 1));
      const key = { seed, stream: latentStream, step: 0 };
      const noise = tf.tensor4d(randomNormal(mean.size, key), mean.shape);
      return scaleLatents(tf.add(mean, tf.mul(std, noise)), autoencoderConfig);
    });
  }

  /** Gives back the weights. */
  dispose(): void {
    const { unet, autoencoder } = this.parts;
    for (const model of [unet, autoencoder, ...this.textEncoders]) model.dispose();
  }

  private sidesOf(height?: number, width?: number, image?: tf.Tensor4D): [number, number] {
    const [defaultHeight, defaultWidth] = image ? image.shape.slice(1, 3) : this.trainedSides;
    const sides: [number, number] = [height ?? defaultHeight, width ?? defaultWidth];
    for (const [i, side] of sides.entries()) {
      const named = `TextToImagePipeline: ${i === 0 ? 'height' : 'width'}`;
      if (!Number.isInteger(side) || side < 1 || side % this.factor !== 0)
        throw argumentError(named, side, `a multiple of ${this.factor}`);
      if (image && side !== image.shape[i + 1])
        throw argumentError(named, side, `${image.shape[i + 1]}, as of initialImage`);
    }
    return sides;
  }

  /**
   * What the network is told of images of these texts and sides, as a denoiser of it takes it in training:
   * `encodePrompts`, of Stable Diffusion XL the sides too, and the metadata. The caller's to dispose.
   *
   * @throws {ConfigError} If the network takes metadata and there is none, or the other way round.
   */
  conditionOf(
    prompts: readonly string[],
    [height, width]: readonly [height: number, width: number],
    metadata?: GenerateOptions['metadata'],
  ): Record<string, tf.Tensor> {
    const inputs = this.unet.inputNames.slice(2);
    const takes = inputs.includes('metadata');
    if (takes !== (metadata !== undefined))
      throw new ConfigError(`TextToImagePipeline: the network takes ${takes ? 'metadata' : 'no metadata'}.`);
    if (metadata && metadata.length !== prompts.length)
      throw argumentError('TextToImagePipeline: metadata', metadata, `${prompts.length} lists, one an image`);
    const told = inFunction('TextToImagePipeline', () => this.encodePrompts(prompts));
    const ids = [height, width, 0, 0, height, width];
    return {
      ...told,
      ...(inputs.includes('timeIds') && {
        timeIds: tf.tensor2d(
          prompts.map(() => ids),
          [prompts.length, EMBEDDING_SIDES],
        ),
      }),
      ...(metadata && { metadata: tf.tensor2d(metadata as number[][]) }),
    };
  }

  /** What it is told in their place by guidance; within a `tf.tidy`. */
  private unconditionalOf(
    condition: Readonly<Record<string, tf.Tensor>>,
    negative: GenerateOptions['negativePrompt'],
    noMetadata: number,
  ): Record<string, tf.Tensor> {
    const [count] = condition.encoderHiddenStates.shape;
    const zeros = negative === undefined && this.parts.zerosForNoPrompt;
    const texts = Array.isArray(negative)
      ? negative
      : new Array<string>(count).fill((negative ?? '') as string);
    if (texts.length !== count)
      throw argumentError('TextToImagePipeline: negativePrompt', negative, `a text, or a list of ${count}`);
    const told: Record<string, tf.Tensor> = zeros ? {} : this.encodePrompts(texts);
    const others = Object.entries(condition).filter(([name]) => !(name in told));
    const none = (name: string, value: tf.Tensor) => {
      if (name === 'timeIds') return tf.clone(value);
      return name === 'metadata' ? tf.fill(value.shape, noMetadata) : tf.zerosLike(value);
    };
    return { ...told, ...Object.fromEntries(others.map(([name, value]) => [name, none(name, value)])) };
  }
}
