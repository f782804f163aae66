import type { BandSelection, ChipRow, ChipRows } from 'diffusion-ssl/data';
import { type ChipHeader, readChipHeader } from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import type { ModelBand } from 'diffusion-ssl/pretrained';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import type { Teller } from '../run/RunListener.js';
import { turn } from '../stopping/turn.js';
import { badChipError } from './badChipError.js';
import { chipName } from './chipName.js';
import { INPUT_BANDS, inputBands } from './inputBands.js';
import { readBands } from './readBands.js';
import { someChips } from './someChips.js';

/** The bands of chips that a network gets. */
export interface ChipBands {
  channels: number;
  /** What the loader is told to take; undefined: all, but for alpha where `channels` does not count it. */
  selection: BandSelection | undefined;
  /** What is known of each. */
  bands: ModelBand[];
  /** Bands of each image that the network is told besides, as the configuration's conditions list them. */
  told: number[];
}

/** Chips whose headers are read to see what most have, at most. */
const COUNTED_CHIPS = 25;

/** Where the chips are. */
interface ChipPlace {
  dataPath: string;
  rows: ChipRows & Iterable<ChipRow>;
  teller: Pick<Teller, 'note'>;
  signal?: AbortSignal;
}

/**
 * The bands that a configuration takes of its chips: those of the first chip, or where bad chips are left out of most
 * of some, so that no single one decides. Says whether alpha is among them.
 *
 * @throws If no chip can be read, or the bands are not those that are asked for.
 */
export async function chipBands(
  config: PretrainConfig,
  { dataPath, rows, teller, signal }: ChipPlace,
): Promise<ChipBands> {
  const { onBadChip } = config;
  let unreadable: Error | undefined;
  let unfit: Error | undefined;
  const look = async (row: ChipRow): Promise<Looked | undefined> => {
    const headers: ChipHeader[] = [];
    try {
      for (const image of row.images) headers.push(await readChipHeader(image, { dataPath }));
    } catch (error) {
      unreadable ??= error as Error;
      await turn(signal);
      return undefined;
    }
    try {
      return await bandsOf(headers, config, chipName(row));
    } catch (error) {
      unfit ??= error as Error;
      return undefined;
    }
  };
  const counts = new Map<string, { looked: Looked; chips: number }>();
  for (const row of onBadChip === 'skip' ? someChips(rows, COUNTED_CHIPS) : [rows.at(0) as ChipRow]) {
    const looked = await look(row);
    if (!looked) continue;
    const key = `${looked.total} ${looked.alphas} ${looked.told}`;
    counts.set(key, { looked: counts.get(key)?.looked ?? looked, chips: (counts.get(key)?.chips ?? 0) + 1 });
  }
  let [most] = [...counts.values()].sort((a, b) => b.chips - a.chips).map(({ looked }) => looked);
  for (const row of onBadChip === 'skip' ? rows : []) {
    if (most) break;
    const looked = await look(row);
    if (looked) most = looked;
  }
  if (most) return said(most, config, teller);
  if (unfit) throw unfit;
  throw badChipError(`${unreadable?.message} (--data is the root of the catalog's paths)`, onBadChip);
}

/** Of one chip. */
interface Looked extends ChipBands {
  name: string;
  /** What is worth knowing of its values. */
  remarks: string[];
  /** Bands of its files, and how many of them are alpha. */
  total: number;
  alphas: number;
  learnsAlpha: boolean;
}

/** @param all Headers of the chip's own rasters, then of the images that are told. */
async function bandsOf(all: readonly ChipHeader[], config: PretrainConfig, name: string): Promise<Looked> {
  const headers = all.slice(0, config.imageColumns.length);
  const others = all.slice(headers.length);
  const told = others.map(({ bands, alphaBand }) => bands - (alphaBand === null ? 0 : 1));
  const isAlpha = headers.flatMap(({ bands, alphaBand }) =>
    Array.from({ length: bands }, (_, band) => band === alphaBand),
  );
  const total = isAlpha.length;
  const alphas = isAlpha.flatMap((alpha, band) => (alpha ? [band] : []));
  const known = await readBands(config.data, total, alphas);
  const { numbers, ...chosen } = inputBands(config.inputBands, headers, known, name);
  const remarks = all.flatMap((header) => header.remarks);
  const found = { total, alphas: alphas.length, name, remarks, told };
  if (config.inputBands) {
    const learnsAlpha = numbers.some((number) => isAlpha[number - 1]);
    // By number, where another raster may have a band of the same name.
    const selection = [...(others.length > 0 ? numbers : chosen.selection!)];
    let before = total;
    for (const { bands, alphaBand } of others) {
      for (let band = 0; band < bands; band++) if (band !== alphaBand) selection.push(before + band + 1);
      before += bands;
    }
    return { bands: chosen.bands, selection, ...found, channels: numbers.length, learnsAlpha };
  }
  const learnsAlpha = config.channels === total;
  const bands = chosen.bands.filter((_, band) => learnsAlpha || !isAlpha[band]);
  return { selection: undefined, bands, ...found, channels: bands.length, learnsAlpha };
}

function said(
  { total, alphas, learnsAlpha, name, remarks, ...bands }: Looked,
  config: PretrainConfig,
  teller: ChipPlace['teller'],
): ChipBands {
  const { channels: wanted, imageColumns, inputBands } = config;
  for (const remark of remarks) teller.note(`${name}: ${remark}`);
  if (alphas > 0) teller.note(alphaNote(total, learnsAlpha, inputBands !== undefined));
  if (wanted === undefined || wanted === bands.channels) return bands;
  const count = inputBands
    ? `${INPUT_BANDS} chooses ${bands.channels} bands; `
    : `The chips have ${bands.channels} bands in the columns ${imageColumns.join(', ')}; `;
  throw new DataError(`${count}--channels (channels in a configuration file) says ${wanted}.`);
}

/** GDAL and rasterio mark the fourth band of 8-bit rasters as alpha unless told otherwise, near infrared too. */
function alphaNote(bands: number, learned: boolean, chosen: boolean): string {
  const is = 'The files say that a band of the chips is alpha';
  const says = chosen ? '--input-bands names' : `--channels ${bands} counts`;
  if (learned) return `${is}; it is learned like the others, as ${says} it.`;
  const remedy = chosen ? 'name it in --input-bands' : `--channels ${bands} takes it in`;
  return `${is}: it masks missing pixels and is not learned. If it is data, ${remedy}.`;
}
