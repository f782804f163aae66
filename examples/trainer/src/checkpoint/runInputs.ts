import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BandStatistics } from 'diffusion-ssl/normalization';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import type { ChipData } from '../data/chipData.js';
import { isGlobal } from '../data/chipStatistics.js';

/** What a run depends on besides its configuration: a hash of each thing, by its name in messages. */
export type RunInputs = Record<string, string>;

/** Looks at what a run depends on, but for the contents of chips, which are known once they are read. */
export async function runInputs(
  config: PretrainConfig,
  { contents, train, validate, conditions }: ChipData,
  statistics: BandStatistics,
): Promise<RunInputs> {
  const inputs: RunInputs = {
    "the catalog's training rows": contents.train.hashOfNames(),
    "the catalog's validation rows": contents.validate.hashOfNames(),
    'which chips can be read': hashOf(
      JSON.stringify([train, validate].map(({ badChips }) => badChips.map(({ index }) => index))),
    ),
  };
  if (conditions) inputs['the values of the conditions'] = conditions.hash;
  if (isGlobal(config)) inputs['the statistics'] = hashOf(JSON.stringify(statistics));
  const files = { '--params-init': config.paramsInit, '--perceptual-weights': config.perceptualWeights };
  for (const [flag, file] of Object.entries(files)) {
    if (file === undefined) continue;
    // A run that goes on needs its first weights no more.
    const hash = await hashOfWeights(file).catch(() => undefined);
    if (hash !== undefined) inputs[`the weights of ${flag}`] = hash;
  }
  return inputs;
}

/** Names what differs between two looks; what one of them lacks is not compared. */
export function changedInputs(before: RunInputs, now: RunInputs): string[] {
  return Object.keys(before).filter((name) => name in now && now[name] !== before[name]);
}

/** Hash of a file of weights, or of all files that an index names. */
async function hashOfWeights(file: string): Promise<string> {
  const hash = createHash('sha256');
  for (const part of file.endsWith('.index.json') ? await shardsOf(file) : [file])
    for await (const bytes of createReadStream(part)) hash.update(bytes);
  return hash.digest('hex');
}

async function shardsOf(index: string): Promise<string[]> {
  const { weight_map: map } = JSON.parse(await readFile(index, 'utf8')) as {
    weight_map: Record<string, string>;
  };
  return [...new Set(Object.values(map))].map((name) => path.join(path.dirname(index), name));
}

function hashOf(data: string): string {
  return createHash('sha256').update(data).digest('hex');
}
