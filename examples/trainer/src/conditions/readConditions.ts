import { createHash } from 'node:crypto';
import type { CatalogRow } from 'diffusion-ssl/data';
import { streamCatalog } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import type { ModelCondition } from 'diffusion-ssl/pretrained';
import { type ConditionSpec, isColumn } from './ConditionSpec.js';
import { ConditionTable } from './ConditionTable.js';
import { conditionValue } from './conditionValue.js';

/** The conditions of a run's chips. */
export interface RunConditions {
  conditions: ModelCondition[];
  /** A row a row of the catalog with that usage. */
  train: ConditionTable;
  validate: ConditionTable;
  /** Changes with every value. */
  hash: string;
}

/** More classes than this are names or numbers, not classes. */
const MOST_CLASSES = 1000;

/**
 * Reads the columns of a catalog that are conditions. Classes are those of the training rows, in the order of their
 * numbers, or of their names.
 *
 * @param imageColumns Those of the chips' own rasters.
 * @param imageBands How many bands each has that is told as an image.
 * @throws `DataError` that names the catalog, the line and the column, if there is no such column, a value is none of
 * its kind, a class is none of the training rows', or a column is empty in all of them.
 */
export async function readConditions(
  catalog: string,
  imageColumns: readonly string[],
  specs: readonly ConditionSpec[],
  imageBands: ReadonlyMap<string, number> = new Map(),
): Promise<RunConditions> {
  const rows = () => conditionRows(catalog, imageColumns, specs);
  const found = specs.map(() => new Set<string>());
  let trainRows = 0;
  for await (const { usage, texts } of rows()) {
    if (usage !== 'train') continue;
    trainRows++;
    for (const [i, text] of texts.entries()) if (text !== '') found[i].add(text);
  }
  const conditions = specs.map((spec, i): ModelCondition => {
    const where = `${catalog}, column '${spec.name}'`;
    if (isColumn(spec) && found[i].size === 0)
      throw new DataError(`${where}: it is empty in all training rows; leave it out of the conditions.`);
    if (spec.kind === 'number') return spec;
    const bands = imageBands.get(spec.name) ?? 0;
    if (spec.kind === 'given') return { ...spec, bands };
    if (spec.kind !== 'class') return { ...spec, kind: spec.kind, bands };
    const classes = [...found[i]].sort(byNumberOrName);
    if (classes.length > MOST_CLASSES || (classes.length > 10 && 2 * classes.length > trainRows)) {
      throw new DataError(
        `${where}: ${classes.length} different values in ${trainRows} training rows are no classes; ` +
          `say ${spec.name}:linear:FROM:TO (or log, cyclic) if they are numbers.`,
      );
    }
    return { ...spec, kind: 'class', classes };
  });
  const hash = createHash('sha256').update(JSON.stringify(conditions));
  const tables = { train: new ConditionTable(specs.length), validate: new ConditionTable(specs.length) };
  for await (const { line, usage, texts } of rows()) {
    if (usage !== 'train' && usage !== 'validate') continue;
    const values = conditions.map((condition, i) =>
      conditionValue(condition, texts[i], `${catalog}, line ${line}, column '${condition.name}'`),
    );
    tables[usage].push(values);
    hash.update(`${usage} ${values.join()}\n`);
  }
  return { conditions, ...tables, hash: hash.digest('hex') };
}

/** The texts of the conditions' columns, row by row. */
async function* conditionRows(
  catalog: string,
  imageColumns: readonly string[],
  specs: readonly ConditionSpec[],
): AsyncIterable<Pick<CatalogRow, 'line' | 'usage'> & { texts: string[] }> {
  for await (const { line, usage, values } of streamCatalog(catalog, { imageColumns })) {
    const texts = specs.map((spec) => {
      const { name } = spec;
      if (!isColumn(spec)) return '';
      if (Object.hasOwn(values, name)) return values[name].trim();
      throw new DataError(
        `${catalog}: there is no column '${name}' for the condition of that name; ` +
          `the columns are ${Object.keys(values).join(', ')}.`,
      );
    });
    yield { line, usage, texts };
  }
}

function byNumberOrName(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  if (difference) return difference;
  return a < b ? -1 : 1;
}
