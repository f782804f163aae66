import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ChipList } from 'diffusion-ssl/data';
import {
  type ComputedStatistics,
  type ComputeGlobalStatisticsOptions,
  computeGlobalStatistics,
} from 'diffusion-ssl/data/node';
import { DataError } from 'diffusion-ssl/errors';
import type { BandStatistics, StatisticsSummary } from 'diffusion-ssl/normalization';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import type { PretrainConfig } from '../config/pretrainOptions.js';
import type { Teller } from '../run/RunListener.js';
import { nodataValues } from './nodataValues.js';
import type { SkippedChips } from './SkippedChips.js';
import { someChips } from './someChips.js';
import { windowsEach } from './windowOptions.js';

/** Name of the statistics in a run's folder. */
const STATISTICS = 'statistics.json';

/** Chips from which the typical range of local statistics is taken, at most. */
const TYPICAL_CHIPS = 2000;

/** Windows of scenes that statistics are taken from, at most, or one a scene. */
const STATISTICS_WINDOWS = 1024;

/** Chips that are looked at where statistics are given, at most. */
const JUDGED_CHIPS = 200;

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
  /** Takes the chips that cannot be used. */
  skipped: SkippedChips;
  /** Tells of statistics that cannot be true. */
  teller: Pick<Teller, 'warning'>;
  /** Asks to stop. */
  signal?: AbortSignal;
}

/** Whether chips are normalised with statistics of the whole data set. */
export function isGlobal(config: Pick<PretrainConfig, 'normalization' | 'statistics'>): boolean {
  const { normalization, statistics } = config;
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
  { resumedFolder, rows, skipped, teller, ...source }: StatisticsSource,
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
      normalization === 'min_max' ? ['min', 'max'] : ['mean', 'std'],
      source.channels,
    );
    if (normalization === 'whiten' && !('correlation' in given)) {
      throw new DataError(
        `${name}: 'correlation' is missing, a row a band, which --normalization whiten needs.`,
      );
    }
    // What is given may be right where the chips are not.
    if (resumedFolder === undefined) {
      const some = someChips(rows, JUDGED_CHIPS);
      const windows = config.windows && windowsEach(some, JUDGED_CHIPS);
      await judgedStatistics(
        { ...source, rows: some, windows, nodata: nodataValues(config) },
        { skipped, teller },
      );
    }
    return given;
  }
  if (resumedFolder !== undefined) {
    const saved = await readStatistics(path.join(resumedFolder, STATISTICS)).catch(() => undefined);
    if (saved) return saved;
  }
  const { statistics } = await judgedStatistics(
    {
      ...source,
      rows: global ? rows : someChips(rows, TYPICAL_CHIPS),
      windows: config.windows && windowsEach(rows, STATISTICS_WINDOWS),
      nodata: nodataValues(config),
      downfactor: global ? downfactor : 1,
    },
    { skipped, teller },
  );
  return statistics.summary();
}

/** Statistics of chips; says of them what cannot be true. */
async function judgedStatistics(
  options: ComputeGlobalStatisticsOptions,
  { skipped, teller }: Pick<StatisticsSource, 'skipped' | 'teller'>,
): Promise<ComputedStatistics> {
  const computed = await computeGlobalStatistics(options);
  skipped.add(computed.badChips);
  for (const warning of computed.warnings) teller.warning(`warning: ${warning}`);
  return computed;
}

/** Saves statistics with the run. */
export async function writeStatistics(folder: string, statistics: BandStatistics): Promise<void> {
  await writeFileAtomic(path.join(folder, STATISTICS), `${JSON.stringify(statistics, null, 2)}\n`);
}

async function readStatistics(file: string): Promise<BandStatistics> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as BandStatistics;
  } catch (error) {
    throw new DataError(`--global-stats ${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
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
    throw new DataError(
      `${name}: '${key}' must be ${channels} numbers, one a band; it is ${JSON.stringify(given?.[key])}.`,
    );
  }
}
