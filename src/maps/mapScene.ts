import type { Rgb } from '../data/geoTiffTypes.js';
import { DataError } from '../errors/DataError.js';
import { allFinite } from '../internal/allFinite.js';
import { nextTurn } from '../internal/nextTurn.js';
import { throwIfAborted } from '../internal/throwIfAborted.js';
import { checkMapOptions } from './checkMapOptions.js';
import { type AxisLayout, axisWeights, layAxis } from './layAxis.js';
import { type MapOutputSinks, MapOutputs } from './MapOutputs.js';
import { measureReach } from './measureReach.js';
import { predictWindows, windowsTogether } from './predictWindows.js';
import { readWindow } from './readWindow.js';
import type { PredictWindow, SceneSource, SceneWindow, WindowPrediction } from './SceneWindow.js';
import { StripBuffer } from './StripBuffer.js';

/** Options of {@link mapScene}. */
export interface MapSceneOptions {
  /** Number of classes, from 2 to 255, or their names, which the bands of probabilities then have. */
  classes: number | readonly string[];
  /** One a class, in which programs show the map of classes. Default: shades of grey. */
  colours?: readonly Rgb[];
  /** What is written, each a GeoTIFF with the scene's georeference; at least one. */
  outputs: MapOutputSinks;
  /** Side of a window in pixels, a multiple of `stride`. Default 256. */
  window?: number;
  /** Pixels that windows share at least, less than half a window. Default a quarter of it. */
  overlap?: number;
  /** What a side must be a multiple of for the network, which windows keep to. Default 32, as `unetAttD` needs. */
  stride?: number;
  /**
   * How far a pixel's prediction depends on those around it, in pixels. Default: measured in the first window, by one
   * more prediction of it.
   */
  reach?: number;
  /** Told after each window. */
  onProgress?: (progress: { done: number; total: number }) => void;
  /** Stops before the next window, with an `AbortError`; nothing of the map is then left. */
  signal?: AbortSignal;
}

/** What {@link mapScene} did. */
export interface SceneMap {
  windows: number;
  /** How far a pixel's prediction depends on others; infinite where that is farther than a window tells. */
  reach: number;
  /** Whether windows share so much that the map is that of a prediction in one piece. */
  seamless: boolean;
}

/**
 * Maps a scene of any size: windows that overlap are predicted one after the other and blended, and the map is written
 * strip by strip, so that no more than the rows of one window are in memory.
 *
 * Where a prediction reaches no farther than half the overlap, the outer pixels of a window, which see its border,
 * count for nothing, and the map is that of the whole scene in one piece. Elsewhere windows fade into each other.
 * Windows without a valid pixel are not predicted.
 *
 * @param source What `openRaster` or `openRemoteGeoTiff` gives; closed by the caller.
 * @param predict Probabilities of a window's pixels: of `networkPredictor`, `headPredictor`, or of your own.
 * @throws {ConfigError} (rejects) If an option is out of range.
 * @throws {DataError} (rejects) If a prediction has not the window's size, or is NaN at a valid pixel. Outputs are
 * aborted then, as when reading or writing fails.
 * @example
 * ```ts
 * import { decodeGeoTiff, encodeGeoTiff } from 'diffusion-ssl/data';
 * import { MemorySink, mapScene, type SceneWindow } from 'diffusion-ssl/maps';
 *
 * const scene = { width: 3, height: 2, bands: 1, data: Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1) };
 * const image = await decodeGeoTiff(encodeGeoTiff(scene));
 * const source = { info: image, read: async () => image };
 * const classes = new MemorySink();
 * const options = { classes: 2, outputs: { classes }, stride: 1 };
 * const odds = (value: number) => [1 - value, value];
 * const predict = ({ raster }: SceneWindow) => ({ probabilities: Float32Array.from([...raster.data].flatMap(odds)) });
 * await mapScene(source, predict, options);
 * console.log((await decodeGeoTiff(classes.bytes())).data); // 0, 0, 0, 1, 1, 1
 * ```
 */
export async function mapScene(
  source: SceneSource,
  predict: PredictWindow,
  options: MapSceneOptions,
): Promise<SceneMap> {
  const { outputs, window = 256, stride = 32, onProgress, signal } = options;
  const classes = typeof options.classes === 'number' ? options.classes : options.classes.length;
  const { overlap = Math.floor(window / 4) } = options;
  checkMapOptions({ ...options, classes, window, stride, overlap });
  const { width, height } = source.info;
  const layout = { window, overlap, stride };
  const [rows, columns] = [layAxis(height, layout), layAxis(width, layout)];
  const total = rows.starts.length * columns.starts.length;
  const together = windowsTogether(predict, rows.size * columns.size);
  const buffer = new StripBuffer(width, rows.size, classes, {
    probabilities: outputs.probabilities !== undefined,
    uncertainty: outputs.uncertainty !== undefined,
  });
  const map = new MapOutputs(outputs, source.info, options);
  let reach = options.reach;
  let margin: number | undefined;
  let rowWeights: Float32Array[] = [];
  let columnWeights: Float32Array[] = [];
  try {
    await map.begin(Math.min(stride, height));
    let done = 0;
    for (const [r, top] of rows.starts.entries()) {
      for (const group of groupsOf(columns.starts, together)) {
        await nextTurn();
        throwIfAborted(signal, `mapScene: stopped before window ${done + 1} of ${total}.`);
        const parts: { window: SceneWindow; valid?: Uint8Array }[] = [];
        for (const left of group) {
          const raster = await readWindow(source, { top, left, height: rows.size, width: columns.size });
          const valid = validPixels(raster);
          if (!valid || valid.includes(1)) parts.push({ window: { raster, top, left }, valid });
        }
        const predictions: WindowPrediction[] = [];
        if (margin === undefined && parts.length > 0) {
          if (reach === undefined && total > 1) {
            const measured = await measureReach(predict, parts[0].window, stride);
            reach = measured.reach;
            predictions.push(measured.prediction);
          }
          margin = marginOf(reach ?? 0, [rows, columns]);
          [rowWeights, columnWeights] = [axisWeights(rows, margin), axisWeights(columns, margin)];
        }
        const others = parts.slice(predictions.length).map(({ window }) => window);
        predictions.push(...(await predictWindows(predict, others)));
        for (const [i, { window, valid }] of parts.entries()) {
          const { left } = window;
          checkPrediction(predictions[i], window, { classes, valid });
          const inScene = {
            height: Math.min(rows.size, height - top),
            width: Math.min(columns.size, width - left),
          };
          buffer.add(
            { top, left, ...inScene, size: columns.size },
            { rows: rowWeights[r], columns: columnWeights[columns.starts.indexOf(left)], valid },
            predictions[i],
          );
        }
        for (const _ of group) onProgress?.({ done: ++done, total });
      }
      await map.write(buffer.take(Math.min(rows.starts[r + 1] ?? height, height)));
    }
    await map.close();
  } catch (error) {
    await map.abort();
    throw error;
  }
  const reached = reach ?? 0;
  return { windows: total, reach: reached, seamless: total === 1 || reached === margin };
}

/** Windows of a row in as few groups of at most `most` as there can be, as alike as they can. */
function groupsOf(starts: readonly number[], most: number): number[][] {
  const groups = Math.ceil(starts.length / most);
  return Array.from({ length: groups }, (_, i) => {
    return starts.slice(
      Math.ceil((i * starts.length) / groups),
      Math.ceil(((i + 1) * starts.length) / groups),
    );
  });
}

/** Pixels at a window's border that count for nothing. */
function marginOf(reach: number, axes: readonly AxisLayout[]): number {
  const overlaps = axes.filter(({ starts }) => starts.length > 1).map(({ overlap }) => overlap);
  if (overlaps.length === 0) return 0;
  const shared = Math.min(...overlaps);
  return 2 * reach <= shared ? reach : Math.floor(shared / 8);
}

/** 1 for each pixel that has a value in all bands; undefined where all have. */
function validPixels({ data, channels }: { data: Float32Array; channels: number }): Uint8Array | undefined {
  if (allFinite(data)) return undefined;
  const valid = new Uint8Array(data.length / channels).fill(1);
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) valid[Math.floor(i / channels)] = 0;
  return valid;
}

function checkPrediction(
  { probabilities, uncertainty }: WindowPrediction,
  { raster, top, left }: SceneWindow,
  { classes, valid }: { classes: number; valid?: Uint8Array },
): void {
  const where = `mapScene: the prediction of the window at row ${top}, column ${left}`;
  const pixels = raster.height * raster.width;
  if (probabilities.length !== pixels * classes || (uncertainty && uncertainty.length !== pixels)) {
    throw new DataError(
      `${where} has ${probabilities.length} probabilities and ${uncertainty?.length ?? 'no'} uncertainties; ` +
        `${pixels} pixels of ${classes} classes have ${pixels * classes}.`,
    );
  }
  if (allFinite(probabilities)) return;
  for (let i = 0; i < probabilities.length; i++) {
    if (!Number.isFinite(probabilities[i]) && valid?.[Math.floor(i / classes)] !== 0) {
      throw new DataError(`${where} is ${probabilities[i]} where the scene has a value.`);
    }
  }
}
