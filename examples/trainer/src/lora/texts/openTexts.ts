import * as tf from '@tensorflow/tfjs-core';
import { ConfigError } from 'diffusion-ssl/errors';
import { weightsFingerprint } from 'diffusion-ssl/features';
import { getLossFn } from 'diffusion-ssl/losses';
import { layersDenoiser, namedParameters } from 'diffusion-ssl/models';
import { randomIntegers, randomNormal } from 'diffusion-ssl/ops';
import { type TextToImagePipeline, textToImage } from 'diffusion-ssl/pipelines';
import { diffusionLoss } from 'diffusion-ssl/training';
import { folderFiles } from 'diffusion-ssl/training/node';
import { turn } from '../../stopping/turn.js';
import type { LoraBatch, LoraSubject } from '../LoraSubject.js';
import type { SubjectStart } from '../openSite.js';
import { saveAdapters } from '../saveAdapted.js';
import { drawPrompts } from './drawPrompts.js';
import { type PreparedTexts, prepareTexts } from './prepareTexts.js';
import { type CaptionedImage, readCaptions } from './readCaptions.js';
import { reportTexts } from './reportTexts.js';

const ORDER_STREAM = 13;
const MEASURED_STREAM = 20;
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** A pipeline, and what it is adapted to. */
export interface Texts {
  pipeline: TextToImagePipeline;
  captions: readonly CaptionedImage[];
  /** Side of the images in pixels. */
  side: number;
  /** What samples are of. */
  prompts: readonly string[];
}

/**
 * Opens a folder of Stable Diffusion, and captioned images that its U-Net is adapted to.
 *
 * @throws If one cannot be read, or an image or the side does not fit.
 */
export async function openTexts({ folder, config, teller, signal }: SubjectStart): Promise<LoraSubject> {
  const captions = await readCaptions(config);
  const pipeline = await textToImage(folderFiles(config.model));
  let prepared: PreparedTexts | undefined;
  try {
    const side = sideOf(pipeline, config.chips.size);
    const networks = await fingerprintOf(pipeline);
    const picture = { side, inputBands: config.chips.inputBands, range: config.range ?? undefined };
    const { seed, batch: size } = config.chips;
    prepared = await prepareTexts(pipeline, { folder, captions, picture, networks, seed, teller, signal });
    const held = captions.filter(({ trains }) => !trains).map(({ text }) => text);
    const all = captions.map(({ text }) => text);
    const prompts = config.prompt ?? [...new Set([...held, ...all])].slice(0, 4);
    const texts: Texts = { pipeline, captions, side, prompts };
    const { alphaBars, predictionType, unet } = pipeline;
    const denoiser = layersDenoiser(unet);
    const places = (trains: boolean) => captions.flatMap((one, i) => (one.trains === trains ? [i] : []));
    const [training, measured] = [places(true), places(false)];
    teller.note(
      `${training.length} images are trained on, ${measured.length} measured, of ${side} × ${side}`,
    );
    const batchesPerEpoch = Math.floor(training.length / size);
    const read = async (indices: readonly number[]) => {
      const condition = await prepared!.condition(indices.map((i) => captions[i].text));
      return { x0: await prepared!.latents(indices), condition };
    };
    return {
      network: unet,
      ...{ denoiser, alphaBars, predictionType, batchesPerEpoch },
      inputs: { 'the pretrained networks': networks, 'images or captions': prepared.hash },
      async *epoch(epoch, startBatch): AsyncIterable<LoraBatch> {
        const order = shuffled(training, { seed, stream: ORDER_STREAM, step: epoch });
        for (let batch = startBatch; batch < batchesPerEpoch; batch++)
          yield { batch, ...(await read(order.slice(batch * size, (batch + 1) * size))) };
      },
      // Images are compared as a whole, beforehand.
      contents: () => ({ train: '', validate: '' }),
      expect: () => {},
      async measure(): Promise<Record<string, number>> {
        let sum = 0;
        for (const [i, index] of measured.entries()) {
          await turn(signal);
          const { x0, condition } = await read([index]);
          const t = Int32Array.of(Math.floor((((i + 0.5) * GOLDEN_RATIO) % 1) * alphaBars.length));
          const noise = randomNormal<tf.Rank.R4>(x0.shape, { seed: 0, stream: MEASURED_STREAM, step: i });
          const options = { alphaBars, predictionType, loss: getLossFn('mse') };
          const loss = diffusionLoss(denoiser, { x0, t, noise, condition }, options);
          sum += (await loss.data())[0];
          tf.dispose({ x0, noise, loss, ...condition });
        }
        return measured.length > 0 ? { validation: sum / measured.length } : {};
      },
      async endEpoch(run) {
        await saveAdapters(run);
        const { epoch } = run.state;
        await drawPrompts(run, texts, `epoch-${epoch}`);
      },
      finish: (run) => reportTexts(run, texts),
      async close() {
        await prepared?.close();
        pipeline.dispose();
      },
    };
  } catch (error) {
    await prepared?.close();
    pipeline.dispose();
    throw error;
  }
}

/** The side of images: that which was asked for, or that which the network was trained on. */
function sideOf(
  { factor, trainedSides: [height, width], unet }: TextToImagePipeline,
  given?: number,
): number {
  if (unet.inputNames.includes('metadata'))
    throw new ConfigError('The network takes metadata beside texts, which captions do not have.');
  const side = given ?? Math.min(height, width);
  if (side % factor === 0) return side;
  throw new ConfigError(
    `--size is ${side}; it must be a multiple of ${factor}, pixels to a side of a latent.`,
  );
}

async function fingerprintOf({ unet, autoencoder, textEncoders }: TextToImagePipeline): Promise<string> {
  const parts: string[] = [];
  for (const model of [unet, autoencoder, ...textEncoders])
    parts.push(await weightsFingerprint(namedParameters(model)));
  return parts.join(' ');
}

/** A random order, by a key. */
function shuffled(list: readonly number[], key: Parameters<typeof randomIntegers>[2]): number[] {
  const draws = randomIntegers(list.length, 2 ** 24, key);
  return list
    .map((value, i) => ({ value, draw: draws[i] }))
    .sort((a, b) => a.draw - b.draw)
    .map(({ value }) => value);
}
