import type { MetadataField } from 'diffusion-ssl/normalization';
import type { ModelModality } from 'diffusion-ssl/pretrained';
import { decimal } from '../config/decimal.js';

/** A condition as a configuration names it: a column of the catalog, or what is made of the chip itself. */
export type ConditionSpec =
  | { kind: 'class' | 'image' | 'fill'; name: string }
  | ({ kind: 'number' } & MetadataField)
  | { kind: 'given'; name: string; modalities: readonly ModelModality[] };

/** What columns of these names are, where nothing else is said. */
const KNOWN: Readonly<Record<string, string>> = {
  latitude: 'linear:-90:90:degrees',
  longitude: 'cyclic:-180:180:degrees',
  gsd: 'log:0.05:1000:m',
  cloud_cover: 'linear:0:100:%',
  year: 'linear:1980:2100',
  month: 'cyclic:1:13',
  day: 'cyclic:1:32',
};
const SHORT: Readonly<Record<string, string>> = { lat: 'latitude', lon: 'longitude', lng: 'longitude' };

const ACCEPTED =
  'COLUMN:class, COLUMN:image, NAME:fill, NAME:given:MODALITY=BANDS:MODALITY=BANDS, or COLUMN:linear:FROM:TO, ' +
  'COLUMN:log:FROM:TO or COLUMN:cyclic:FROM:TO, ' +
  'with :UNIT behind where there is one; ' +
  `of ${[...Object.keys(KNOWN), ...Object.keys(SHORT)].join(', ')} the name is enough`;

/**
 * Reads a condition such as `group:class`, `latitude:linear:-90:90:degrees` or `month`.
 *
 * @throws If it is none; the message says what is accepted.
 */
export function parseCondition(text: string): ConditionSpec {
  const refuse = (why: string) => new Error(`'${text}' ${why}; it must be ${ACCEPTED}.`);
  const [name, ...given] = text.split(':').map((part) => part.trim());
  if (name === '') throw refuse('names no column');
  // The field that says what of a chip is masked.
  if (name === 'mask') throw new Error("'mask' cannot be a condition's name; rename the column.");
  const known = KNOWN[SHORT[name] ?? name];
  const [kind, ...rest] = given.length > 0 ? given : (known?.split(':') ?? ['class']);
  if ((kind === 'class' || kind === 'image' || kind === 'fill') && rest.length === 0) return { kind, name };
  if (kind === 'given') return { kind, name, modalities: modalitiesOf(rest, refuse) };
  if (kind !== 'linear' && kind !== 'log' && kind !== 'cyclic')
    throw refuse('is no class, number, image, fill or given');
  const [from, to, unit] = [decimal(rest[0] ?? ''), decimal(rest[1] ?? ''), rest[2]];
  if (!(from < to) || rest.length > 3 || unit === '')
    throw refuse('has no two ascending numbers behind its kind');
  if (kind === 'log' && from <= 0) throw refuse('has a logarithm of what is not above 0');
  return { kind: 'number', name, encoding: kind, range: [from, to], ...(unit !== undefined && { unit }) };
}

/** Modalities such as `optical=1-3` and `radar=4+5`: bands are counted from 1. */
function modalitiesOf(texts: readonly string[], refuse: (why: string) => Error): ModelModality[] {
  const modalities = texts.map((text) => {
    const [name, list = '', ...more] = text.split('=').map((part) => part.trim());
    const bands = list.split('+').map((part) => {
      const [, from, to = from] = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(part) ?? [];
      return Array.from(
        { length: Math.max(0, Number(to) - Number(from) + 1) || 0 },
        (_, i) => Number(from) - 1 + i,
      );
    });
    if (name === '' || more.length > 0 || bands.some(({ length }) => length === 0))
      throw refuse(`has '${text}', which is no modality such as optical=1-3 or radar=4+5`);
    return { name, bands: bands.flat() };
  });
  const all = modalities.flatMap(({ bands }) => bands);
  if (modalities.length < 2) throw refuse('names no two modalities');
  if (new Set(all).size < all.length) throw refuse('has a band twice');
  if (new Set(modalities.map(({ name }) => name)).size < modalities.length)
    throw refuse('names a modality twice');
  return modalities;
}

/**
 * Reads all conditions of a configuration.
 *
 * @throws If one is none, a column stands twice, or there is more than one class.
 */
export function parseConditions(texts: readonly string[]): ConditionSpec[] {
  const specs = texts.map(parseCondition);
  const twice = specs.find(({ name }, i) => specs.findIndex((other) => other.name === name) !== i);
  if (twice) throw new Error(`It names the column ${twice.name} twice.`);
  const classes = specs.filter(({ kind }) => kind === 'class').map(({ name }) => name);
  if (classes.length > 1) {
    throw new Error(
      `${classes.join(' and ')} are classes; it must be one: join them in a column, or give numbers as such.`,
    );
  }
  return specs;
}

/** Whether a condition is a column of the catalog; others are made of the chip itself. */
export function isColumn({ kind }: Pick<ConditionSpec, 'kind'>): boolean {
  return kind !== 'fill' && kind !== 'given';
}

/** The columns of a catalog that hold images which a network is told. */
export function conditionImageColumns(texts: readonly string[]): string[] {
  return parseConditions(texts).flatMap(({ kind, name }) => (kind === 'image' ? [name] : []));
}
