import { type BandSelection, findBands, type RasterBands } from 'diffusion-ssl/data';
import { ConfigError, DataError } from 'diffusion-ssl/errors';
import { checkBands, type ModelBand } from 'diffusion-ssl/pretrained';
import { selectionOf } from '../data/inputBands.js';

/**
 * The bands of an image that a network gets: those given, or by their names where the network and the image name
 * theirs, or all.
 *
 * @param given As `--input-bands` has them.
 * @throws If they are not as many as the network takes, or not those that it names.
 */
export function imageBands(
  file: string,
  image: RasterBands,
  bands: readonly ModelBand[],
  given: readonly string[] | undefined,
): BandSelection | undefined {
  const names = bands.map(({ name }, i) => name ?? `band ${i + 1}`).join(', ');
  if (given) {
    if (given.length !== bands.length)
      throw new ConfigError(
        `--input-bands chooses ${given.length} bands; the network takes ${bands.length}: ${names}.`,
      );
    return findBands([image], selectionOf(given), `--input-bands, ${file}`);
  }
  const own = (image.bandNames ?? []).map((name) => name?.toLowerCase());
  const wanted = bands.map(({ name }) => name ?? '');
  if (wanted.every((name) => own.filter((one) => one === name.toLowerCase()).length === 1)) {
    if (wanted.length < image.bands || wanted.some((name, i) => own[i] !== name.toLowerCase()))
      console.log(`${file}: the bands ${names}, by their names`);
    return wanted;
  }
  const colours = Array.from({ length: image.bands }, (_, band) => band).filter(
    (band) => band !== image.alphaBand,
  );
  const taken =
    image.bands === bands.length ? colours.concat(image.alphaBand ?? []).sort((a, b) => a - b) : colours;
  try {
    checkBands(bands, {
      count: taken.length,
      names: taken.map((band) => image.bandNames?.[band] ?? undefined),
      what: file,
    });
  } catch (error) {
    const { message } = error as Error;
    throw new DataError(
      `${message.replace(/^checkBands: /, '')} --input-bands says which of its bands are meant.`,
      {
        cause: error,
      },
    );
  }
  return undefined;
}
