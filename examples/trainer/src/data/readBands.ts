import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from 'diffusion-ssl/errors';
import type { ModelBand } from 'diffusion-ssl/pretrained';
import { z } from 'zod';
import { showValue } from '../config/showValue.js';

/** The sample imagery's. */
const SAMPLE: readonly ModelBand[] = ['red', 'green', 'blue', 'elevation'].map((name) => ({ name }));

const text = z.string().min(1);
const bandList = z.array(
  z.strictObject({ name: text.optional(), unit: text.optional(), wavelength: z.number().gt(0).optional() }),
);

/**
 * What is known of the bands of chips: `bands.json` in the folder of the data says it, one object a band in their
 * order, with `name`, `unit` and `wavelength` in micrometres. It may leave alpha out.
 *
 * @param data Folder of the data; undefined for the sample imagery.
 * @param count Bands of a chip, alpha counted.
 * @param alphas Those that are alpha, from 0.
 * @throws `DataError` that names file and field if there is such a file and it is not right.
 */
export async function readBands(
  data: string | undefined,
  count: number,
  alphas: readonly number[] = [],
): Promise<ModelBand[]> {
  const unknown = Array.from({ length: count }, () => ({}));
  if (data === undefined) return count === SAMPLE.length ? [...SAMPLE] : unknown;
  const file = path.join(data, 'bands.json');
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new DataError(`${file}: cannot be read (${error.message}).`, { cause: error });
  });
  if (content === undefined) return unknown;
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new DataError(`${file}: it is not JSON (${(error as Error).message}).`, { cause: error });
  }
  const { data: bands, error } = bandList.safeParse(value, { reportInput: true });
  if (error) {
    const [{ path: at, message, input }] = error.issues;
    throw new DataError(
      `${file}: ${at.join('.') || 'it'} is ${showValue(input)}; ${message[0].toLowerCase()}${message.slice(1)}. ` +
        'It must be a list of {"name", "unit", "wavelength"}, one a band.',
    );
  }
  if (bands.length === count) return bands;
  const others = count - alphas.length;
  if (bands.length !== others)
    throw new DataError(`${file} has ${bands.length} bands; the chips have ${others}.`);
  let next = 0;
  return unknown.map((_, band) => (alphas.includes(band) ? {} : bands[next++]));
}
