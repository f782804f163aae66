import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from 'diffusion-ssl/errors';
import type { HeadJson } from 'diffusion-ssl/heads';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { z } from 'zod';
import { showValue } from '../config/showValue.js';

/** The name of the file in its folder. */
export const HEAD_FILE = 'head.json';

const common = {
  version: z.literal(1),
  classes: z.array(z.object({ name: z.string(), colour: z.string().regex(/^#[0-9a-fA-F]{6}$/) })).min(2),
  /** Folder of the network, from the file on, or an http address. */
  model: z.string(),
  /** Of its weights: whether it is still that network. */
  fingerprint: z.string(),
  inputBands: z.array(z.string()).optional(),
  /** The score that it was chosen by, on the validation labels. */
  score: z.string(),
  validation: z.number().nullable(),
};

/** A head over the features of a network that stays as it is: one a question. */
const probe = z.object({
  ...common,
  task: z.enum(['segmentation', 'scenes', 'groups']),
  chosen: z.string(),
  features: z.object({
    timestep: z.int().min(0),
    layers: z.array(z.string()).min(1),
    noise: z.enum(['shared', 'none']),
  }),
  heads: z.array(z.looseObject({ type: z.string(), classes: z.int(), dims: z.int() })).min(1),
});

/** A head that a network was trained with; its weights are in `head.safetensors` beside it. */
const tuned = z.object({
  ...common,
  task: z.enum(['segmentation', 'scenes', 'groups', 'change']),
  network: z.object({
    head: z.enum(['linear', 'conv', 'fpn']),
    layers: z.array(z.string()).optional(),
    width: z.int().min(1),
    timestep: z.number().min(0),
  }),
});

/** What is kept of a head over features. */
export type ProbeFile = Omit<z.infer<typeof probe>, 'heads'> & { heads: HeadJson[] };

/** What is kept of a network trained with a head. */
export type TunedFile = z.infer<typeof tuned>;

/** What a file of a head holds. */
export type HeadFile = ProbeFile | TunedFile;

/** Whether it is a head over features. */
export const isProbe = (file: HeadFile): file is ProbeFile => 'heads' in file;

/** Writes the file of a head into a folder. */
export async function writeHeadFile(folder: string, file: HeadFile): Promise<void> {
  await writeFileAtomic(path.join(folder, HEAD_FILE), `${JSON.stringify(file, null, 2)}\n`);
}

/** @throws {DataError} If it is no such file, or a field is not right; the message names it. */
export async function readHeadFile(name: string): Promise<HeadFile> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(name, 'utf8'));
  } catch (error) {
    throw new DataError(`${name}: it is no file of a head (${(error as Error).message}).`, { cause: error });
  }
  const schema = (value as { heads?: unknown } | null)?.heads === undefined ? tuned : probe;
  const { data, error } = schema.safeParse(value, { reportInput: true });
  if (data) return data as HeadFile;
  const [{ path: at, message, input }] = error.issues;
  throw new DataError(
    `${name}: ${at.join('.') || 'it'} is ${showValue(input)}; ${message[0].toLowerCase()}${message.slice(1)}.`,
  );
}

/** The place of a head's network, as the file in a folder names it: from there on, or an address as it is. */
export function modelPlace(folder: string, place: string): string {
  return isAddress(place) ? place : path.relative(folder, place) || '.';
}

/** Where a head's network lies, as seen from here. */
export function modelOf(name: string, { model }: HeadFile): string {
  return isAddress(model) ? model : path.join(path.dirname(name), model);
}

const isAddress = (place: string) => /^https?:/i.test(place);
