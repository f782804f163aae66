import type { BandStatistics } from 'diffusion-ssl/normalization';
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

/** Reads the conditions that a configuration names, if any, and how images among them are scaled. */
export async function openConditions(
  config: PretrainConfig,
  catalog: string,
  { channels, told, statistics }: KnownChips,
): Promise<RunConditions | undefined> {
  const specs = parseConditions(config.conditions);
  if (specs.length === 0) return undefined;
  const filled = specs.flatMap(({ kind, name }) => (kind === 'fill' ? [[name, channels + 1] as const] : []));
  const bands = new Map([...told, ...filled]);
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
