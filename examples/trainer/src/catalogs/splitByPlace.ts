import { ConfigError } from 'diffusion-ssl/errors';
import { assignSplits } from '../tile/assignSplits.js';
import type { TilePlace } from '../tile/TileGrid.js';

/** Kilometres of a degree of latitude. */
const DEGREE = 111.2;

/** The block of so many kilometres a side that a place lies in. */
export function blockOf(lon: number, lat: number, kilometres: number): TilePlace {
  const row = Math.floor((lat * DEGREE) / kilometres);
  // As wide as in the middle of its row.
  const middle = ((row + 0.5) * kilometres) / DEGREE;
  return { row, column: Math.floor((lon * DEGREE * Math.cos((middle * Math.PI) / 180)) / kilometres) };
}

/**
 * Gives each chip to a split, whole blocks of neighbours to one, near the shares.
 *
 * @throws {ConfigError} If there are fewer blocks than splits.
 */
export function splitByPlace(
  blocks: readonly TilePlace[],
  { shares, seed }: { shares: ReadonlyMap<string, number>; seed: number },
): string[] {
  const count = new Set(blocks.map(({ row, column }) => `${row} ${column}`)).size;
  const wanted = [...shares.values()].filter((share) => share > 0).length;
  if (count >= wanted) return assignSplits(blocks, { shares, seed, kind: 'blocks', size: 1 });
  throw new ConfigError(
    `${blocks.length} chips lie in ${count} blocks, fewer than the ${wanted} splits: choose smaller blocks by ` +
      '--block, or fewer splits by --split.',
  );
}
