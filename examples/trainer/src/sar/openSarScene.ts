import type { PixelWindow } from 'diffusion-ssl/data';
import { DataError } from 'diffusion-ssl/errors';
import { openScene, type Scene } from '../tile/openScene.js';
import { awayFromMissing } from './awayFromMissing.js';
import { POLARIZATIONS, type SarFiles } from './SarFiles.js';
import { ENOUGH, type SarUnits, sarUnits } from './sarUnits.js';

/** How the scenes of a composite are read. */
export interface SarReading {
  /** Default: told by their values. */
  units?: SarUnits;
  /** What values become. */
  as: SarUnits;
  /** Pixels around missing ones that are left out too. */
  border: number;
  /** The bands of VV and VH in a file with both: numbers from 1 on, or names. */
  inputBands: readonly string[];
  cacheBytes: number;
}

/** Pixels of a side of what units are told by. */
const LOOK = 256;

/**
 * Opens a scene as two bands, VV and VH, of floats in one unit. Missing is what the file says, what is not finite, and
 * 0, which stands for no value in either unit; and what lies within the border of it.
 *
 * @throws If a file cannot be read, two do not lie on the same pixels, or it cannot be told what the values are.
 */
export async function openSarScene(
  { images }: SarFiles,
  reading: SarReading,
): Promise<Scene & { units: SarUnits }> {
  const open: Scene[] = [];
  const close = () => {
    for (const file of open) file.close();
  };
  try {
    const bands = images.length === 1 ? reading.inputBands : undefined;
    const cacheBytes = Math.floor(reading.cacheBytes / images.length);
    for (const image of images) open.push(await openScene(image, cacheBytes, bands));
    const [first, second = first] = open;
    checkPair(open);
    const { width, height } = first.info;
    /** VV, VH of each pixel as the file has it; NaN where it is missing. */
    const readStored = async (window: PixelWindow): Promise<Float64Array> => {
      const parts = await Promise.all(open.map((file) => file.read(window)));
      const values = new Float64Array(window.height * window.width * 2);
      for (let i = 0; i < values.length; i++) {
        const part = parts.length === 1 ? parts[0] : parts[i % 2];
        const { scales, offsets } = (i % 2 === 0 ? first : second).info;
        const at = parts.length === 1 ? i : i >> 1;
        const band = parts.length === 1 ? i % 2 : 0;
        const value = part.data[at];
        const isValid = (part.valid?.[at] ?? 1) === 1 && Number.isFinite(value) && value !== 0;
        values[i] = isValid ? value * (scales?.[band] ?? 1) + (offsets?.[band] ?? 0) : Number.NaN;
      }
      return values;
    };
    const units =
      reading.units ?? sarUnits(first.name, await someValues(readStored, { width, height }, first.name));
    const convert = converter(units, reading.as);
    const read = async (window: PixelWindow) => {
      const wide = widened(window, reading.border, { width, height });
      const values = (await readStored(wide)).map(convert);
      const all = awayFromMissing(values, wide.width, reading.border);
      const data = new Float64Array(window.height * window.width * 2);
      const valid = new Uint8Array(data.length);
      for (let y = 0; y < window.height; y++) {
        for (let x = 0; x < window.width; x++) {
          const from = (y + window.top - wide.top) * wide.width + x + window.left - wide.left;
          const to = y * window.width + x;
          for (const k of [0, 1]) data[2 * to + k] = values[2 * from + k];
          valid.fill(all[from], 2 * to, 2 * to + 2);
        }
      }
      return { ...info, height: window.height, width: window.width, data, valid };
    };
    const info: Scene['info'] = {
      ...first.info,
      ...{ bands: 2, dtype: 'float64', nodata: Number.NaN, scales: null, offsets: null },
      bandNames: [...POLARIZATIONS],
    };
    return { name: first.name, info, read, close, units };
  } catch (error) {
    close();
    throw error;
  }
}

function checkPair(files: readonly Scene[]): void {
  for (const { name, info } of files) {
    const expected = files.length === 1 ? 2 : 1;
    if (info.bands === expected) continue;
    throw new DataError(
      files.length === 1
        ? `${name}: it has ${info.bands} bands, of which two are VV and VH: say which by --input-bands.`
        : `${name}: it is one polarization by its name, but has ${info.bands} bands.`,
    );
  }
  const [first, second = first] = files.map(({ info: { width, height, epsg, transform } }) =>
    JSON.stringify({ width, height, epsg, transform }),
  );
  if (first !== second) {
    throw new DataError(
      `${files[0].name} and ${files[1].name} do not lie on the same pixels: gdalwarp one of them.`,
    );
  }
}

/** Values from the middle of the scene, or where that is empty from all over it. */
async function someValues(
  read: (window: PixelWindow) => Promise<Float64Array>,
  { width, height }: { width: number; height: number },
  name: string,
): Promise<Float64Array> {
  const side = { height: Math.min(LOOK, height), width: Math.min(LOOK, width) };
  for (const [down, right] of [0.5, 0.25, 0.75, 0, 1].flatMap((a) =>
    [0.5, 0.25, 0.75, 0, 1].map((b) => [a, b]),
  )) {
    const top = Math.floor(down * (height - side.height));
    const left = Math.floor(right * (width - side.width));
    const values = (await read({ ...side, top, left })).filter((value) => !Number.isNaN(value));
    if (values.length >= Math.min(ENOUGH, width * height)) return values;
  }
  throw new DataError(
    `${name}: nearly all of it is missing, so that its units cannot be told: --units, or leave it out.`,
  );
}

/** NaN stays NaN, and what has no logarithm becomes it. */
function converter(from: SarUnits, to: SarUnits): (value: number) => number {
  if (from === to) return from === 'db' ? (value) => value : (value) => (value > 0 ? value : Number.NaN);
  return from === 'db'
    ? (value) => 10 ** (value / 10)
    : (value) => (value > 0 ? 10 * Math.log10(value) : Number.NaN);
}

function widened(
  { top, left, height, width }: PixelWindow,
  by: number,
  scene: { width: number; height: number },
): PixelWindow {
  const [first, last] = [Math.max(0, top - by), Math.min(scene.height, top + height + by)];
  const [begin, end] = [Math.max(0, left - by), Math.min(scene.width, left + width + by)];
  return { top: first, left: begin, height: last - first, width: end - begin };
}
