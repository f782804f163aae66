import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { openTensors, type StoredTensor, type StoredTensors, saveTensors } from 'diffusion-ssl/interop';
import type { TextToImagePipeline } from 'diffusion-ssl/pipelines';
import { folderFiles } from 'diffusion-ssl/training/node';
import type { Teller } from '../../run/RunListener.js';
import { turn } from '../../stopping/turn.js';
import type { CaptionedImage } from './readCaptions.js';
import { type PictureOptions, readPicture } from './readPicture.js';

/** What the network trains on, kept in the folder of a run. */
const PREPARED = 'prepared.safetensors';

/** What is prepared, and of what. */
export interface TextsToPrepare {
  folder: string;
  captions: readonly CaptionedImage[];
  picture: PictureOptions;
  /** A hash of the networks that prepare it. */
  networks: string;
  seed: number;
  teller: Teller;
  signal: AbortSignal;
}

/** Latents of images and what is told of texts, read when they are asked for. */
export interface PreparedTexts {
  /** Of images and captions, and of how they are read. */
  hash: string;
  latents(indices: readonly number[]): Promise<tf.Tensor4D>;
  condition(texts: readonly string[]): Promise<Record<string, tf.Tensor>>;
  close(): Promise<void>;
}

/**
 * Computes latents and text embeddings once and keeps them in the folder of a run; where they are there, of the same
 * images, captions and networks, they are taken as they are.
 */
export async function prepareTexts(
  pipeline: TextToImagePipeline,
  given: TextsToPrepare,
): Promise<PreparedTexts> {
  const { folder, captions, picture, networks, seed, teller, signal } = given;
  const hash = await hashOf(given);
  const texts = [...new Set(captions.map(({ text }) => text))];
  const files = folderFiles(folder);
  let stored = (await files.list()).some((name) => name.startsWith('prepared'))
    ? await openTensors(files, PREPARED).catch(() => undefined)
    : undefined;
  if (stored?.metadata.hash !== hash) {
    await stored?.close();
    const where = path.join(folder, PREPARED);
    teller.note(
      `${captions.length} images and ${texts.length} texts go through their networks once, into ${where}`,
    );
    const side = picture.side / pipeline.factor;
    const tensors = new Map<string, StoredTensor>();
    for (const [i, { file }] of captions.entries()) {
      const read = async () => {
        await turn(signal);
        const image = await readPicture(file, picture);
        const latent = tf.tidy(() => pipeline.encode(image, seed + i));
        image.dispose();
        const values = await latent.data<'float32'>();
        latent.dispose();
        return values;
      };
      tensors.set(`latents.${i}`, { dtype: 'F32', shape: [1, side, side, channelsOf(pipeline)], read });
    }
    const told = (text: string) => pipeline.conditionOf([text], [picture.side, picture.side]);
    const shapes = tf.tidy(() =>
      Object.entries(told(texts[0])).map(([name, { shape }]) => ({ name, shape })),
    );
    for (const [i, text] of texts.entries()) {
      for (const { name, shape } of shapes) {
        const read = async () => {
          await turn(signal);
          const value = tf.tidy(() => told(text)[name]);
          const values = await value.data<'float32'>();
          value.dispose();
          return values;
        };
        tensors.set(`texts.${i}.${name}`, { dtype: 'F32', shape, read });
      }
    }
    await saveTensors(files, PREPARED, tensors, { metadata: { hash, networks } });
    stored = await openTensors(files, PREPARED);
  }
  return opened(stored, { hash, texts });
}

function opened(
  { tensors, close }: StoredTensors,
  { hash, texts }: { hash: string; texts: readonly string[] },
): PreparedTexts {
  const places = new Map(texts.map((text, i) => [text, i]));
  const joined = async (names: readonly string[]) => {
    const parts: tf.Tensor[] = [];
    for (const name of names) {
      const { shape, read } = tensors.get(name)!;
      parts.push(tf.tensor((await read()) as Float32Array, [...shape]));
    }
    const all = parts.length > 1 ? tf.concat(parts, 0) : tf.clone(parts[0]);
    tf.dispose(parts);
    return all;
  };
  const fields = [...tensors.keys()].flatMap((name) => (name.startsWith('texts.0.') ? [name.slice(8)] : []));
  return {
    hash,
    latents: (indices) => joined(indices.map((i) => `latents.${i}`)) as Promise<tf.Tensor4D>,
    async condition(some) {
      const told: Record<string, tf.Tensor> = {};
      for (const field of fields)
        told[field] = await joined(some.map((text) => `texts.${places.get(text)}.${field}`));
      return told;
    },
    close,
  };
}

async function hashOf({ captions, picture, networks, seed }: TextsToPrepare): Promise<string> {
  const hash = createHash('sha256').update(
    JSON.stringify([picture, networks, seed, captions.map(({ text, trains }) => [text, trains])]),
  );
  for (const { file } of captions)
    hash.update(
      createHash('sha256')
        .update(await readFile(file))
        .digest(),
    );
  return hash.digest('hex');
}

function channelsOf({ unet }: TextToImagePipeline): number {
  return unet.inputs[0].shape[3] as number;
}
