import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from 'diffusion-ssl/errors';
import { readSafetensors, writeSafetensors } from 'diffusion-ssl/interop';
import type { Raster } from 'diffusion-ssl/normalization';
import { prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import { createCounter } from '../console/counter.js';
import { type DrawOptions, drawSamples } from '../model/drawSamples.js';
import type { OpenModel } from '../model/openModel.js';

/** What samples are drawn, and where they are kept. */
export interface KeptSamplesOptions extends Omit<DrawOptions, 'first' | 'onStep' | 'from'> {
  /** Fingerprint of the network's weights. */
  weights: string;
  /** Of what they are told. */
  toldHash: string;
  /** Folder of all samples. */
  folder: string;
  /** Of which weights, as the folder's name has it. */
  name: string;
}

/**
 * Samples of a network as it is, as the network has them: those that the folder holds of the same weights and options,
 * a file each, and the others drawn. A process that was stopped loses the samples of one batch.
 *
 * @throws {DataError} If a sample is not finite, or a file that is kept is not one.
 */
export async function keptSamples(model: OpenModel, options: KeptSamplesOptions): Promise<Raster[]> {
  const { weights, toldHash, folder, name, count, sampler, steps, seed, size, guidance } = options;
  const settings = JSON.stringify({ weights, sampler, steps, seed, size, guidance, toldHash });
  const hash = createHash('sha256').update(settings).digest('hex').slice(0, 12);
  const own = path.join(folder, `${name}-${hash}`);
  await prepareFolder(own);
  const fileOf = (i: number) => path.join(own, `${i}.safetensors`);
  const samples: Raster[] = [];
  while (samples.length < count && existsSync(fileOf(samples.length)))
    samples.push(await readSample(fileOf(samples.length)));
  const missing = count - samples.length;
  if (missing === 0) return samples;
  const counter = createCounter(`${name}, seed ${seed}: steps`, Math.ceil(missing / options.batch) * steps);
  const draw = { ...options, first: samples.length, count: missing, onStep: counter.update };
  for await (const { height, width, channels, data } of drawSamples(model, draw)) {
    if (!data.every(Number.isFinite)) {
      throw new DataError(
        `${name}: sample ${samples.length} is not finite. Try another --sampler or more --steps, or leave the ` +
          'checkpoint out by --checkpoints.',
      );
    }
    const image = { dtype: 'F32' as const, shape: [height, width, channels], data };
    await writeFileAtomic(fileOf(samples.length), writeSafetensors(new Map([['image', image]])));
    samples.push({ height, width, channels, data });
  }
  counter.close();
  return samples;
}

async function readSample(file: string): Promise<Raster> {
  try {
    const { tensors } = readSafetensors(await readFile(file));
    const { data, shape } = tensors.get('image')!;
    const [height, width, channels] = shape;
    return { height, width, channels, data: Float32Array.from(data as Float32Array) };
  } catch (cause) {
    throw new DataError(`${file} is no sample; remove it.`, { cause });
  }
}
