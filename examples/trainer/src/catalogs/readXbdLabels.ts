import { readFile } from 'node:fs/promises';
import { DataError } from 'diffusion-ssl/errors';
import { z } from 'zod';
import { showValue } from '../config/showValue.js';
import { wktRings } from './wktRings.js';

/** Grades of damage by their names. */
const GRADES: Readonly<Record<string, number | undefined>> = {
  'no-damage': 1,
  'minor-damage': 2,
  'major-damage': 3,
  destroyed: 4,
  'un-classified': undefined,
};

const feature = z.looseObject({
  wkt: z.string(),
  properties: z.looseObject({ subtype: z.string().optional() }),
});
const schema = z.looseObject({
  features: z.looseObject({ xy: z.array(feature), lng_lat: z.array(feature).optional() }),
  metadata: z.looseObject({
    width: z.int().min(1),
    height: z.int().min(1),
    disaster: z.string(),
    disaster_type: z.string(),
    gsd: z.number().optional(),
    capture_date: z.string().optional(),
  }),
});

/** A building after a disaster. */
interface Building {
  /** From 1, no damage, to 4, destroyed; undefined where nobody graded it. */
  grade: number | undefined;
  rings: (readonly [x: number, y: number])[][];
}

/** What the labels of an image say. */
export interface XbdLabels {
  width: number;
  height: number;
  shapes: Building[];
  /** Of the buildings' first corners the mean; undefined without a building. */
  place: [lon: number, lat: number] | undefined;
  disaster: string;
  type: string;
  gsd: string;
  date: Record<'year' | 'month' | 'day', string>;
}

/**
 * Reads the labels of an image of xBD, `…_post_disaster.json`.
 *
 * @throws {DataError} If it is none; the message names file and field.
 */
export async function readXbdLabels(file: string): Promise<XbdLabels> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new DataError(`${file}: cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  const { data, error } = schema.safeParse(content, { reportInput: true });
  if (error) {
    const [{ path: at, message, input }] = error.issues;
    throw new DataError(`${file}: ${at.join('.') || 'it'} is ${showValue(input)}; ${message}.`);
  }
  const { features, metadata } = data;
  const shapes = features.xy.flatMap(({ wkt, properties: { subtype = 'un-classified' } }, i) => {
    const where = `${file}, features.xy.${i}`;
    if (!Object.hasOwn(GRADES, subtype)) {
      const known = Object.keys(GRADES).join(', ');
      throw new DataError(`${where}: the damage is '${subtype}'; it must be one of ${known}.`);
    }
    return wktRings(wkt, where).map((rings) => ({ grade: GRADES[subtype], rings }));
  });
  const corners = (features.lng_lat ?? []).map(
    ({ wkt }, i) => wktRings(wkt, `${file}, features.lng_lat.${i}`)[0][0][0],
  );
  const mean = (k: 0 | 1) => corners.reduce((sum, corner) => sum + corner[k], 0) / corners.length;
  const [year = '', month = '', day = ''] = (metadata.capture_date ?? '')
    .slice(0, 10)
    .split('-')
    .filter(Boolean);
  const number = (text: string) => (text === '' ? '' : String(Number(text)));
  return {
    width: metadata.width,
    height: metadata.height,
    shapes,
    place: corners.length > 0 ? [mean(0), mean(1)] : undefined,
    disaster: metadata.disaster,
    type: metadata.disaster_type,
    gsd: metadata.gsd === undefined ? '' : metadata.gsd.toFixed(3),
    date: { year: number(year), month: number(month), day: number(day) },
  };
}
