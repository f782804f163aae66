import { DataError } from 'diffusion-ssl/errors';
import type { BandStatistics } from 'diffusion-ssl/normalization';
import type { ModelModality } from 'diffusion-ssl/pretrained';
import type { PretrainConfig } from '../config/PretrainConfig.js';
import { chipNormalization } from '../data/chipNormalization.js';
import { bandStatistics } from './bandStatistics.js';
import { parseConditions } from './ConditionSpec.js';
import { type RunConditions, readConditions } from './readConditions.js';

/** What is known of a run's chips. */
interface KnownChips {
  /** Bands of a chip. */
  channels: number;
  /** Bands of the images of each column that is told as one. */
  told: ReadonlyMap<string, number>;
  /** Of the chips' bands, then of those images'. */
  statistics(): Promise<BandStatistics>;
}

/** Each band must be of a modality; that none is of two was seen before. */
function checkModalities(modalities: readonly ModelModality[], channels: number): void {
  const bands = modalities.flatMap((one) => one.bands);
  const wrong = bands.find((band) => band >= channels);
  if (wrong !== undefined)
    throw new DataError(`A modality has band ${wrong + 1}, but the chips have ${channels} bands.`);
  const left = Array.from({ length: channels }, (_, band) => band).find((band) => !bands.includes(band));
  if (left !== undefined) throw new DataError(`Band ${left + 1} of the chips is of no modality.`);
}

/** Reads the conditions that a configuration names, if any, and how images among them are scaled. */
export async function openConditions(
  config: PretrainConfig,
  catalog: string,
  { channels, told, statistics }: KnownChips,
): Promise<RunConditions | undefined> {
  const specs = parseConditions(config.conditions);
  if (specs.length === 0) return undefined;
  const own = specs.flatMap((spec): [string, number][] => {
    if (spec.kind === 'given') checkModalities(spec.modalities, channels);
    if (spec.kind === 'given') return [[spec.name, channels + spec.modalities.length]];
    return spec.kind === 'fill' ? [[spec.name, channels + 1]] : [];
  });
  const bands = new Map([...told, ...own]);
  const read = await readConditions(catalog, config.imageColumns, specs, bands);
  if (told.size === 0) return read;
  const all = await statistics();
  let band = channels;
  const conditions = read.conditions.map((condition) => {
    if (condition.kind !== 'image') return condition;
    const own = bandStatistics(all, band, band + condition.bands);
    band += condition.bands;
    return { ...condition, normalization: chipNormalization(config, own) };
  });
  return { ...read, conditions };
}
