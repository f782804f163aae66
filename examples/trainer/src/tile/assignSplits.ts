import { createHash } from 'node:crypto';
import { ConfigError } from 'diffusion-ssl/errors';
import type { TilePlace } from './TileGrid.js';

/** Along what the grid is cut: bands of rows, bands of columns, or blocks of both. */
export type SplitKind = 'latitude' | 'longitude' | 'blocks';

/** How tiles are given to splits. */
export interface SplitOptions {
  /** Share of each split by its name; they are taken in relation to their sum. */
  shares: ReadonlyMap<string, number>;
  kind: SplitKind;
  /** Tiles of a band's width or a block's side; default: a tenth of the grid's extent. */
  size?: number;
  seed: number;
}

/**
 * Gives each tile to a split: whole bands or blocks of the grid, in an order that the seed draws, each to the split
 * that lacks most of its share. Tiles of one place have one split.
 *
 * @returns The split of each tile.
 * @throws If there are fewer bands or blocks than splits.
 */
export function assignSplits(
  tiles: readonly TilePlace[],
  { shares, kind, size: given, seed }: SplitOptions,
): string[] {
  const rows = tiles.map(({ row }) => row);
  const columns = tiles.map(({ column }) => column);
  const [top, left] = [least(rows), least(columns)];
  const extent = { latitude: most(rows) - top + 1, longitude: most(columns) - left + 1 };
  const longer = Math.max(...(kind === 'blocks' ? Object.values(extent) : [extent[kind]]));
  const size = given ?? Math.max(1, Math.round(longer / 10));
  const unitOf = ({ row, column }: TilePlace) => {
    const [down, across] = [Math.floor((row - top) / size), Math.floor((column - left) / size)];
    return kind === 'latitude' ? `${down}` : kind === 'longitude' ? `${across}` : `${down} ${across}`;
  };
  const counts = new Map<string, number>();
  for (const tile of tiles) counts.set(unitOf(tile), (counts.get(unitOf(tile)) ?? 0) + 1);
  const splits = [...shares].filter(([, share]) => share > 0).sort(([, a], [, b]) => a - b);
  if (counts.size < splits.length) {
    const what = kind === 'blocks' ? `blocks of ${size} × ${size}` : `bands of ${size}`;
    throw new ConfigError(
      `${tiles.length} tiles lie in ${counts.size} ${what} tiles, fewer than the ${splits.length} splits: ` +
        'choose a smaller --split-size, another --split-by or fewer splits.',
    );
  }
  const sum = splits.reduce((all, [, share]) => all + share, 0);
  const wanted = new Map(splits.map(([name, share]) => [name, (share / sum) * tiles.length]));
  const drawn = [...counts.keys()].sort((a, b) => (drawOf(seed, a) < drawOf(seed, b) ? -1 : 1));
  const assigned = new Map<string, string>();
  drawn.forEach((unit, i) => {
    // One for each first, so that none is left without.
    const lacking = [...wanted].sort(([, a], [, b]) => b - a)[0][0];
    const split = i < splits.length ? splits[i][0] : lacking;
    assigned.set(unit, split);
    wanted.set(split, (wanted.get(split) as number) - (counts.get(unit) as number));
  });
  return tiles.map((tile) => assigned.get(unitOf(tile)) as string);
}

function drawOf(seed: number, unit: string): string {
  return createHash('sha256').update(`${seed} ${unit}`).digest('hex');
}

const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b));
const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b));
