import { existsSync } from 'node:fs';
import type { CatalogRow } from 'diffusion-ssl/data';
import { ConfigError } from 'diffusion-ssl/errors';
import { isPerPixel } from '../transfer/Task.js';
import type { ChipLabels, LabelSource } from './ChipLabels.js';
import { classColumn } from './classColumn.js';
import { rasterColumn } from './rasterColumn.js';
import { rasterLabels } from './rasterLabels.js';
import { shapeLabels } from './shapeLabels.js';

/**
 * Opens the labels of a catalog's chips.
 *
 * @throws If there is neither such a file nor such a column, or they do not go with what is asked.
 */
export async function openLabels(source: LabelSource, rows: readonly CatalogRow[]): Promise<ChipLabels> {
  const { kind, labels } = source;
  const isShapes = /\.(geojson|json|csv)$/i.test(labels);
  const isRaster = /\.tiff?$/i.test(labels);
  if (!isShapes && !isRaster) return isPerPixel(kind) ? rasterColumn(source) : classColumn(source, rows);
  if (!isPerPixel(kind)) {
    throw new ConfigError(`${labels} labels pixels; the task ${kind} takes a column of the catalog.`);
  }
  if (!existsSync(labels) && !/^https?:/i.test(labels)) {
    throw new ConfigError(`There is no file of labels ${labels}.`);
  }
  return isShapes ? shapeLabels(source) : rasterLabels(source);
}
