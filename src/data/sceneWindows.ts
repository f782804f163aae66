import { checkInteger, checkNumber, checkOneOf } from '../internal/checks.js';
import { keyWords, philox4x32 } from '../internal/philox.js';
import { randomStreams } from '../internal/streams.js';
import type { PixelWindow } from './geoTiffTypes.js';

/** Windows that are taken of each row's rasters, scenes of any size, in place of one chip around their centre. */
export interface WindowOptions {
  /**
   * Where they lie: anywhere, drawn anew each epoch (default), or side by side on a grid in the middle of the scene,
   * each at most once an epoch.
   */
  at?: 'random' | 'grid';
  /**
   * Windows of a scene in an epoch; default: the scene's area divided by the window's. Of a grid with more of them,
   * each epoch takes others, evenly spread.
   */
  count?: number;
  /**
   * Largest share of a window's pixels in [0, 1] of which any band may be missing; default 0.5. Beyond it, or where
   * every pixel is missing, a random window is drawn again, up to 16 times, and then left out; one of a grid is left
   * out.
   */
  maxMissing?: number;
}

/** Which window of which scene, and when. */
export interface WindowKey {
  seed: number;
  epoch: number;
  /** The scene's place among the rows. */
  row: number;
  /** The window's number among those of the scene. */
  number: number;
}

type Size = readonly [height: number, width: number];

/** Times that a random window is drawn, at most. */
const DRAWS = 16;

/** Throws unless the options are in range. */
export function checkWindows(where: string, { at, count, maxMissing }: WindowOptions): void {
  checkOneOf(`${where}: windows.at`, at ?? 'random', ['random', 'grid']);
  checkInteger(`${where}: windows.count`, count ?? 1, 1, 2 ** 31 - 1);
  checkNumber(`${where}: windows.maxMissing`, maxMissing ?? 0, 0, 1);
}

/** Windows of a scene in an epoch: at least one, also where the scene is smaller than a window. */
export function windowCount(scene: Size, window: Size, { at = 'random', count }: WindowOptions): number {
  const [rows, columns] = gridOf(scene, window);
  if (at === 'grid') return Math.min(count ?? rows * columns, rows * columns);
  return count ?? Math.max(1, Math.floor((scene[0] * scene[1]) / (window[0] * window[1])));
}

/**
 * Where a window lies: at a place of the grid, or where it is drawn, the first time (`attempt` 0) or again. It depends
 * on the key and the scene's size alone, and reaches no further than the scene.
 *
 * @returns Nothing after the last attempt.
 */
export function windowPlace(
  scene: Size,
  window: Size,
  { at = 'random', count, key, attempt }: WindowOptions & { key: WindowKey; attempt: number },
): PixelWindow | undefined {
  if (attempt >= (at === 'grid' ? 1 : DRAWS)) return undefined;
  const [height, width] = [Math.min(scene[0], window[0]), Math.min(scene[1], window[1])];
  if (at === 'random') {
    const [down, across] = draw(key, attempt, key.number);
    const top = Math.floor(down * (scene[0] - height + 1));
    return { top, left: Math.floor(across * (scene[1] - width + 1)), height, width };
  }
  const [rows, columns] = gridOf(scene, window);
  const cells = rows * columns;
  const taken = Math.min(count ?? cells, cells);
  // One start an epoch for the whole scene, so that no place is taken twice.
  const [start] = taken < cells ? draw(key, 0, 0) : [0];
  const cell = Math.min(cells - 1, Math.floor(((key.number + start) * cells) / taken));
  return {
    top: Math.floor((scene[0] - rows * height) / 2) + Math.floor(cell / columns) * height,
    left: Math.floor((scene[1] - columns * width) / 2) + (cell % columns) * width,
    height,
    width,
  };
}

/** Rows and columns of whole windows side by side. */
function gridOf(scene: Size, window: Size): [rows: number, columns: number] {
  return [Math.max(1, Math.floor(scene[0] / window[0])), Math.max(1, Math.floor(scene[1] / window[1]))];
}

/** Two numbers in [0, 1). */
function draw({ seed, epoch, row }: WindowKey, attempt: number, number: number): [number, number] {
  const words = new Uint32Array(4);
  const stream = randomStreams.window + row;
  philox4x32([attempt, epoch, stream, number], keyWords({ seed, stream, step: epoch }), words);
  return [words[0] / 2 ** 32, words[1] / 2 ** 32];
}
