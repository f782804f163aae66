import { makeBetaSchedule } from '../diffusion/makeBetaSchedule.js';
import { PREDICTION_TYPES } from '../diffusion/predictionType.js';
import { CheckpointError } from '../errors/CheckpointError.js';
import { showJson } from '../internal/showJson.js';
import { encodeMetadata } from '../normalization/encodeMetadata.js';
import { normalizeRaster } from '../normalization/normalizeRaster.js';
import type {
  ModelBand,
  ModelClass,
  ModelCondition,
  ModelDescription,
  ModelDiffusion,
  ModelModality,
} from './ModelDescription.js';

type Fields = Record<string, unknown>;

/** More bands than any sensor has; each is one value of every list. */
const MOST_BANDS = 65_536;

/**
 * Reads and checks what a file says of a network, so that nothing later meets a value that cannot be.
 *
 * @param where The file, for messages.
 * @throws `CheckpointError` that names the field and its value.
 */
export function parseDescription(value: unknown, where: string): ModelDescription {
  const fields = objectOf(value, where, 'it');
  const { bands, size } = fields;
  if (!Array.isArray(bands) || bands.length === 0 || bands.length > MOST_BANDS)
    throw wrong(where, 'bands', bands, 'a list of the bands');
  if (size !== undefined && !(Array.isArray(size) && size.length === 2 && size.every(isSide)))
    throw wrong(where, 'size', size, '[height, width]');
  return {
    bands: bands.map((band, i) => bandOf(band, where, `bands[${i}]`)),
    diffusion: fields.diffusion === undefined ? undefined : diffusionOf(fields.diffusion, where),
    normalization: normalizationOf(fields.normalization, where, bands.length),
    size: size as ModelDescription['size'],
    classes: fields.classes === undefined ? undefined : classesOf(fields.classes, where),
    conditions: fields.conditions === undefined ? undefined : conditionsOf(fields.conditions, where),
  };
}

function classesOf(value: unknown, where: string): ModelClass[] {
  if (!Array.isArray(value) || value.length === 0)
    throw wrong(where, 'classes', value, 'a list of the classes');
  return value.map((one, i) => {
    const { name, colour } = objectOf(one, where, `classes[${i}]`);
    if (typeof name !== 'string' || name === '') throw wrong(where, `classes[${i}].name`, name, 'a text');
    if (colour !== undefined && !(typeof colour === 'string' && /^#[0-9a-f]{6}$/i.test(colour)))
      throw wrong(where, `classes[${i}].colour`, colour, 'a colour such as #0072b2');
    return JSON.parse(JSON.stringify({ name, colour })) as ModelClass;
  });
}

function conditionsOf(value: unknown, where: string): ModelCondition[] {
  if (!Array.isArray(value)) throw wrong(where, 'conditions', value, 'a list');
  const names = new Set<unknown>();
  return value.map((one, i) => {
    const field = `conditions[${i}]`;
    const fields = objectOf(one, where, field);
    const { kind, name, classes, encoding, range, unit, bands, normalization, modalities } = fields;
    if (typeof name !== 'string' || name === '' || names.has(name))
      throw wrong(where, `${field}.name`, name, 'a text that no other has');
    names.add(name);
    if (kind === 'class') {
      if (!Array.isArray(classes) || classes.length === 0 || classes.some((text) => typeof text !== 'string'))
        throw wrong(where, `${field}.classes`, classes, 'a list of names');
      return { kind, name, classes };
    }
    if (kind === 'image' || kind === 'fill' || kind === 'given') {
      if (!isSide(bands) || (bands as number) > MOST_BANDS)
        throw wrong(where, `${field}.bands`, bands, 'a positive integer');
      if (kind === 'fill') return { kind, name, bands: bands as number };
      if (kind === 'given')
        return {
          kind,
          name,
          bands: bands as number,
          modalities: modalitiesOf(modalities, where, `${field}.modalities`),
        };
      return {
        ...{ kind, name, bands: bands as number },
        normalization: normalizationOf(normalization, `${where}: ${field}`, bands as number),
      };
    }
    if (kind !== 'number') throw wrong(where, `${field}.kind`, kind, 'class, number, image, fill or given');
    if (!Array.isArray(range) || range.length !== 2)
      throw wrong(where, `${field}.range`, range, '[from, to]');
    if (unit !== undefined && typeof unit !== 'string') throw wrong(where, `${field}.unit`, unit, 'a text');
    const number = JSON.parse(JSON.stringify({ name, encoding, range, unit }));
    // One value goes through it: what it would say later it says now.
    trying(where, field, () => encodeMetadata([range[0] as number], [number]));
    return { kind, ...number };
  });
}

function modalitiesOf(value: unknown, where: string, field: string): ModelModality[] {
  if (!Array.isArray(value) || value.length < 2) throw wrong(where, field, value, 'a list of two or more');
  return value.map((one, i) => {
    const { name, bands } = objectOf(one, where, `${field}[${i}]`);
    if (typeof name !== 'string' || name === '') throw wrong(where, `${field}[${i}].name`, name, 'a text');
    const isBand = (band: unknown) => band === 0 || isSide(band);
    if (!Array.isArray(bands) || bands.length === 0 || !bands.every(isBand))
      throw wrong(where, `${field}[${i}].bands`, bands, 'a list of bands, from 0');
    return { name, bands };
  });
}

function bandOf(value: unknown, where: string, field: string): ModelBand {
  const { name, unit, wavelength } = objectOf(value, where, field);
  for (const [key, text] of Object.entries({ name, unit })) {
    if (text !== undefined && (typeof text !== 'string' || text === ''))
      throw wrong(where, `${field}.${key}`, text, 'a text');
  }
  if (wavelength !== undefined && !(isNumber(wavelength) && wavelength > 0))
    throw wrong(where, `${field}.wavelength`, wavelength, 'in micrometres');
  return JSON.parse(JSON.stringify({ name, unit, wavelength })) as ModelBand;
}

function diffusionOf(value: unknown, where: string): ModelDiffusion {
  const fields = objectOf(value, where, 'diffusion') as Fields & ModelDiffusion;
  const { schedule, timesteps, betaStart, betaEnd, zeroTerminalSnr, predictionType } = fields;
  if (!(PREDICTION_TYPES as readonly unknown[]).includes(predictionType))
    throw wrong(where, 'diffusion.predictionType', predictionType, `one of ${PREDICTION_TYPES.join(', ')}`);
  if (zeroTerminalSnr !== undefined && typeof zeroTerminalSnr !== 'boolean')
    throw wrong(where, 'diffusion.zeroTerminalSnr', zeroTerminalSnr, 'true or false');
  if (typeof schedule !== 'string')
    throw wrong(where, 'diffusion.schedule', schedule, 'the name of a schedule');
  trying(where, 'diffusion', () => makeBetaSchedule(timesteps, { type: schedule, betaStart, betaEnd }));
  return { schedule, timesteps, betaStart, betaEnd, zeroTerminalSnr, predictionType };
}

function normalizationOf(value: unknown, where: string, bands: number): ModelDescription['normalization'] {
  if (value === undefined || value === null) return value;
  const fields = objectOf(value, where, 'normalization');
  const { globalStats } = fields;
  if (globalStats !== undefined && globalStats !== null) {
    for (const [key, list] of Object.entries(objectOf(globalStats, where, 'normalization.globalStats'))) {
      // The matrix is looked at where it is used, below.
      if (!Array.isArray(list) || key === 'correlation') continue;
      if (list.length !== bands || !list.every(isNumber))
        throw wrong(where, `normalization.globalStats.${key}`, list, `${bands} numbers, one a band`);
    }
  }
  // One pixel goes through it: what it would say of chips it says now.
  const pixel = { height: 1, width: 1, channels: bands, data: new Float32Array(bands) };
  trying(where, 'normalization', () => normalizeRaster(pixel, { ...fields, onEmpty: 'fill' }));
  return fields;
}

function objectOf(value: unknown, where: string, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(where, field, value, 'an object');
  return value as Fields;
}

function trying(where: string, field: string, body: () => unknown): void {
  try {
    body();
  } catch (error) {
    throw new CheckpointError(`${where}: ${field}: ${(error as Error).message}`, { cause: error });
  }
}

function wrong(where: string, field: string, value: unknown, accepted: string): CheckpointError {
  return new CheckpointError(`${where}: ${field} is ${showJson(value)}; it must be ${accepted}.`);
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isSide = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
