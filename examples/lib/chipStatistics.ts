import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ChipList } from 'diffusion-ssl/data';
import { computeGlobalStatistics } from 'diffusion-ssl/data/node';
import type { BandStatistics, StatisticsSummary } from 'diffusion-ssl/normalization';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { nodataValues } from './nodataValues.js';
import type { PretrainConfig } from './pretrainOptions.js';
import { someChips } from './someChips.js';

/** Name of the statistics in a run's folder. */
const STATISTICS = 'statistics.json';

/** Chips from which the typical range of local statistics is taken, at most. */
const TYPICAL_CHIPS = 2000;

/** Where the chips are. */
export interface StatisticsSource {
  rows: ChipList;
  dataPath: string;
  channels: number;
  size?: number;
  onBadChip: 'error' | 'skip';
  workers?: number;
  /** Folder of a resumed run, which holds its statistics; of a new one they would be another's. */
  resumedFolder?: string;
  /** Asks to stop. */
  signal?: AbortSignal;
}

/** Whether chips are normalised with statistics of the whole data set. */
export function isGlobal({ normalization, statistics }: PretrainConfig): boolean {
  return normalization !== 'none' && (statistics === 'gpb' || statistics === 'gab');
}

/**
 * Statistics of the training chips in their own units: what gpb and gab normalise with, and what brings samples back
 * to physical units. Given ones (`globalStats`) are taken as they are; of local procedures some chips are enough.
 *
 * @throws If given statistics cannot be read, or lack what the normalisation needs.
 */
export async function chipStatistics(
  config: PretrainConfig,
  { resumedFolder, rows, ...source }: StatisticsSource,
): Promise<BandStatistics | StatisticsSummary> {
  const { globalStats, normalization, downfactor } = config;
  const global = isGlobal(config);
  if (global && globalStats !== undefined) {
    const [name, given] =
      typeof globalStats === 'string'
        ? [globalStats, await readStatistics(globalStats)]
        : ['global_stats', globalStats];
    checkStatistics(
      name,
      given,
      normalization === 'z_value' ? ['mean', 'std'] : ['min', 'max'],
      source.channels,
    );
    return given;
  }
  if (resumedFolder !== undefined) {
    const saved = await readStatistics(path.join(resumedFolder, STATISTICS)).catch(() => undefined);
    if (saved) return saved;
  }
  const { statistics } = await computeGlobalStatistics({
    ...source,
    rows: global ? rows : someChips(rows, TYPICAL_CHIPS),
    nodata: nodataValues(config),
    downfactor: global ? downfactor : 1,
  });
  return statistics.summary();
}

/** Saves statistics with the run. */
export async function writeStatistics(folder: string, statistics: BandStatistics): Promise<void> {
  await writeFileAtomic(path.join(folder, STATISTICS), `${JSON.stringify(statistics, null, 2)}\n`);
}

async function readStatistics(file: string): Promise<BandStatistics> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as BandStatistics;
  } catch (error) {
    throw new Error(`--global-stats ${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function checkStatistics(
  name: string,
  given: BandStatistics,
  keys: ('min' | 'max' | 'mean' | 'std')[],
  channels: number,
): void {
  for (const key of keys) {
    const values: unknown[] = Array.isArray(given?.[key]) ? (given[key] as unknown[]) : [];
    if (values.length === channels && values.every(Number.isFinite)) continue;
    throw new Error(
      `${name}: '${key}' must be ${channels} numbers, one a band; it is ${JSON.stringify(given?.[key])}.`,
    );
  }
}
