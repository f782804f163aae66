import type { CatalogRow, CatalogUsage } from './parseCatalog.js';
import { plainPath } from './plainPath.js';
import { SeenChips } from './SeenChips.js';
import { shownPath } from './shownPath.js';

/** Chips that a catalog has more than once. */
export interface CatalogRepeat {
  /** The two splits that both have them; twice the same one where its own rows are repeated. */
  usages: readonly [CatalogUsage, CatalogUsage];
  /** Number of chips in both splits, or of rows that repeat an earlier one of their split. */
  count: number;
  /** The first rows that showed it: their line, and the chip as messages name it. */
  examples: { line: number; chip: string }[];
}

const EXAMPLES = 3;

/** Splits that are to have no chip in common, then the same split twice: the order of what is found. */
const PAIRS: readonly CatalogRepeat['usages'][] = [
  ['train', 'validate'],
  ['train', 'test'],
  ['validate', 'test'],
  ['train', 'train'],
  ['validate', 'validate'],
  ['test', 'test'],
  ['predict', 'predict'],
];

const USAGES = ['train', 'validate', 'test', 'predict'] as const;

const PLACES: Readonly<Record<CatalogUsage, number>> = { train: 1, validate: 2, test: 4, predict: 8 };

/**
 * Finds the chips that stand twice in a catalog, whichever way their paths are written, in at most 12 bytes a row. A
 * chip is the rasters of all image columns together.
 */
export class RepeatedChips {
  private readonly seen = new SeenChips();
  private readonly found = PAIRS.map((usages): CatalogRepeat => ({ usages, count: 0, examples: [] }));

  /** Adds a row. */
  add({ line, images, usage }: CatalogRow): void {
    const chip = images.length === 1 ? plainPath(images[0]) : images.map(plainPath).join('\0');
    const before = this.seen.add(chip, PLACES[usage]);
    if (before === 0) return;
    // A row that repeats one of its split has been counted for the other splits with that one.
    const others = before & PLACES[usage] ? [usage] : USAGES.filter((other) => before & PLACES[other]);
    for (const repeat of this.found) {
      const [first, second] = repeat.usages;
      const isThis =
        (first === usage && others.includes(second)) || (second === usage && others.includes(first));
      if (!isThis) continue;
      repeat.count++;
      if (repeat.examples.length < EXAMPLES)
        repeat.examples.push({ line, chip: images.map(shownPath).join(' + ') });
    }
  }

  /** What was found, by pairs of splits. */
  repeats(): CatalogRepeat[] {
    return this.found.filter(({ count }) => count > 0);
  }
}
