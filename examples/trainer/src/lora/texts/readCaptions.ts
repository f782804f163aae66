import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readCatalog } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import type { LoraRunConfig } from '../LoraRunConfig.js';

/** An image with what it is said to show. */
export interface CaptionedImage {
  /** Where its image is. */
  file: string;
  text: string;
  /** Whether it is trained on; the others are measured. */
  trains: boolean;
}

/** One caption in so many is not trained on, where nothing says which. */
const HELD = 10;

/**
 * The images of a run with their captions: of JSON lines, each tenth of which is not trained on, or of a catalog's rows
 * that train or validate.
 *
 * @throws `DataError` if a line says no image or no text, or there is none to train on.
 */
export async function readCaptions({
  captions,
  captionColumn,
  chips,
}: LoraRunConfig): Promise<CaptionedImage[]> {
  const found =
    captions !== undefined
      ? await ofLines(captions)
      : await ofCatalog(chips.catalog!, chips.data!, captionColumn!);
  const training = found.filter(({ trains }) => trains).length;
  if (training < chips.batch)
    throw new DataError(
      `${captions ?? chips.catalog} has ${training} captions to train on; a batch has ${chips.batch}: give --batch.`,
    );
  return found;
}

async function ofLines(file: string): Promise<CaptionedImage[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
  const rows = lines.flatMap((line, i) => (line === '' ? [] : [rowOf(line, `${file}, line ${i + 1}`)]));
  return rows.map(({ file_name: name, text }, i) => ({
    file: path.join(path.dirname(file), name),
    text,
    // The last of each ten, or of fewer the last of all.
    trains: i % HELD !== HELD - 1 && !(rows.length < HELD && i === rows.length - 1),
  }));
}

function rowOf(line: string, where: string): { file_name: string; text: string } {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (error) {
    throw new DataError(`${where}: it is not JSON (${(error as Error).message}).`, { cause: error });
  }
  const { file_name: name, text } = (row ?? {}) as Record<string, unknown>;
  if (typeof name === 'string' && name !== '' && typeof text === 'string') return { file_name: name, text };
  throw new DataError(`${where}: it must be an object with file_name and text, both texts.`);
}

async function ofCatalog(catalog: string, data: string, column: string): Promise<CaptionedImage[]> {
  const rows = await readCatalog(catalog);
  return rows
    .filter(({ usage }) => usage === 'train' || usage === 'validate')
    .map(({ images, usage, values }) => {
      const text = values[column];
      if (text === undefined) throw new DataError(`${catalog} has no column '${column}' (--caption-column).`);
      return { file: path.join(data, images[0]), text, trains: usage === 'train' };
    });
}
