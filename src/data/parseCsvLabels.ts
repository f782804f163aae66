import { DataError } from '../errors/DataError.js';
import { CsvRecords } from './CsvRecords.js';
import { chooseSeparator } from './chooseSeparator.js';
import type { LabelNames, LabelShapes } from './LabelShape.js';
import { numberLabels } from './numberLabels.js';

/** Options of {@link parseCsvLabels}. */
export interface CsvLabelOptions extends LabelNames {
  /** Column of x or longitude. Default the first there is of `x`, `lon`, `longitude`, `easting`. */
  x?: string;
  /** Column of y or latitude. Default the first there is of `y`, `lat`, `latitude`, `northing`. */
  y?: string;
  /** Column of the label. Default the first there is of `label`, `class`. */
  label?: string;
  /** EPSG code of the coordinates. Default 4326 for columns of longitude and latitude, else none. */
  epsg?: number;
  /** Name of the file, for messages. Default `'CSV'`. */
  name?: string;
}

const COLUMNS = {
  x: ['x', 'lon', 'longitude', 'easting'],
  y: ['y', 'lat', 'latitude', 'northing'],
  label: ['label', 'class'],
};

/**
 * Reads labelled points from a CSV text with a header: one a row, by coordinates and a label.
 *
 * @param text Separated by commas, semicolons, tabs or bars.
 * @throws {DataError} If a column is missing, or a row has no number for a coordinate or no label; the message names
 * the line.
 * @example
 * ```ts
 * import { parseCsvLabels } from 'diffusion-ssl/data';
 *
 * const { shapes, epsg } = parseCsvLabels('lon,lat,label\n12.5,41.9,3\n');
 * console.log(shapes[0].label, shapes[0].lists, epsg); // 3, [[[12.5, 41.9]]], 4326
 * ```
 */
export function parseCsvLabels(text: string, options: CsvLabelOptions = {}): LabelShapes {
  const { name = 'CSV' } = options;
  const reader = new CsvRecords(name, (header, named) => chooseSeparator(header, [], named));
  const [header, ...rows] = [...reader.push(text), ...reader.end()];
  if (!header) throw new DataError(`${name}: is empty; its first line names the columns.`);
  const columns = header.fields.map((field) => field.toLowerCase());
  const column = (role: keyof typeof COLUMNS): number => {
    const wanted = options[role] === undefined ? COLUMNS[role] : [options[role].toLowerCase()];
    const index = wanted.map((candidate) => columns.indexOf(candidate)).find((i) => i >= 0);
    if (index === undefined) {
      throw new DataError(
        `${name}: has no column ${wanted.join(' or ')}; it has ${header.fields.join(', ')}.`,
      );
    }
    return index;
  };
  const [x, y, label] = [column('x'), column('y'), column('label')];
  const places = rows.map(({ line }) => `${name}, line ${line}`);
  const { labels, classes } = numberLabels(
    rows.map(({ fields }, i) => ({ value: fields[label] ?? '', place: places[i] })),
    options.classes,
  );
  const shapes = rows.map(({ fields }, i) => {
    const [across, up] = [x, y].map((at) => {
      const value = fields[at] === '' ? Number.NaN : Number(fields[at]);
      if (!Number.isFinite(value)) {
        throw new DataError(
          `${places[i]}: '${fields[at] ?? ''}' of column ${header.fields[at]} is no number.`,
        );
      }
      return value;
    });
    return { label: labels[i], kind: 'points' as const, lists: [[[across, up] as const]] };
  });
  const isGeographic = /^lon/.test(columns[x]) && /^lat/.test(columns[y]);
  return { shapes, classes, epsg: options.epsg ?? (isGeographic ? 4326 : null) };
}
