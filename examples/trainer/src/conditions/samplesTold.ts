import path from 'node:path';
import { readCatalog } from 'diffusion-ssl/data/node';
import { ConfigError, DataError } from 'diffusion-ssl/errors';
import type { ModelCondition } from 'diffusion-ssl/pretrained';
import { conditionValue } from './conditionValue.js';

/** What samples are to follow, as the command line says it. */
export interface ToldOptions {
  /** `NAME=VALUE`, of all samples. */
  condition: readonly string[];
  /** A catalog with a column for each condition; a sample a row. */
  like?: string;
  /** Its rows of that usage. */
  usage: string;
}

/** What one sample is to follow. */
export interface ToldSample {
  /** As it was written; empty for none. */
  texts: string[];
  /** A row of a `ConditionTable`. */
  row: number[];
  /** The file of each image that it is told, in the order of the conditions; undefined for none. */
  files: (string | undefined)[];
}

/**
 * Reads what samples are to follow from the command line or a catalog, with paths from its folder; what is given
 * nowhere, or is empty, is none.
 *
 * @param count How many samples; missing: one a row of the catalog.
 * @throws If a condition is none of the model's, a value none of its kind, or the catalog lacks a column or rows.
 */
export async function samplesTold(
  conditions: readonly ModelCondition[],
  { condition, like, usage }: ToldOptions,
  count: number | undefined,
): Promise<ToldSample[]> {
  const fixed = new Map(condition.map((text) => assignment(text, conditions)));
  const sample = (texts: string[], where: (name: string) => string, folder: string): ToldSample => ({
    texts,
    row: conditions.map((one, i) => conditionValue(one, texts[i], where(one.name))),
    files: conditions.flatMap(({ kind, name }, i) => {
      if (kind !== 'image') return [];
      return [texts[i] === '' ? undefined : path.resolve(fixed.has(name) ? '.' : folder, texts[i])];
    }),
  });
  if (like === undefined) {
    const texts = conditions.map(({ name }) => fixed.get(name) ?? '');
    const one = sample(texts, (name) => `--condition ${name}`, '.');
    return Array.from({ length: count ?? 0 }, () => one);
  }
  // The chips themselves are not read: any column will do as theirs.
  const catalog = await readCatalog(like, { imageColumns: ['usage'] });
  const rows = catalog.filter((row) => row.usage === usage);
  if (rows.length === 0) throw new DataError(`${like} has no row with usage '${usage}' (--usage).`);
  const missing = conditions.find(({ name }) => !fixed.has(name) && !Object.hasOwn(rows[0].values, name));
  if (missing) {
    const { name } = missing;
    throw new DataError(`${like}: there is no column '${name}'; add one, or give --condition ${name}=VALUE.`);
  }
  return Array.from({ length: count ?? rows.length }, (_, i) => {
    const { line, values } = rows[i % rows.length];
    const texts = conditions.map(({ name }) => fixed.get(name) ?? values[name].trim());
    return sample(texts, (name) => `${like}, line ${line}, column '${name}'`, path.dirname(like));
  });
}

function assignment(text: string, conditions: readonly ModelCondition[]): [name: string, value: string] {
  const at = text.indexOf('=');
  const name = text.slice(0, at).trim();
  if (at > 0 && conditions.some((condition) => condition.name === name))
    return [name, text.slice(at + 1).trim()];
  const names = conditions.map((condition) => condition.name).join(', ');
  throw new ConfigError(
    `--condition is '${text}'; it must be NAME=VALUE of one of the model's conditions, ` +
      `${names || 'of which it has none'}.`,
  );
}
