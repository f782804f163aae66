import { PercentileSketch } from '../../normalization/PercentileSketch.js';
import type { ChipFacts } from './chipFacts.js';

/** Values that writers fill missing pixels with, and that are never measured. */
const FILLS = [-9999, -99999, -32768, -(2 ** 31), 1e20, -1e20, 1e30, -1e30, 9.969209968386869e36].map(
  Math.fround,
);
/** Beyond it nothing is measured: fills near the ends of float32. */
const LARGEST = 1e36;
/** How much larger than the others' a chip's values are that are said. */
const FAR = 1000;

interface Extreme {
  name: string;
  value: number;
}

interface Band {
  least: number;
  greatest: number;
  /** Sizes of the chips' largest values. */
  sizes: PercentileSketch;
  largest: Extreme | undefined;
  /** Chips that hold what looks like a fill, and the first of them. */
  filled: number;
  fill: Extreme | undefined;
  /** The first chip with values that are infinite as float32. */
  infinite: string | undefined;
}

/**
 * Judges the values of many chips: what cannot be true of measurements. Holds some numbers a band, whatever the number
 * of chips.
 */
export class ImplausibleValues {
  private readonly bands: Band[];
  private readonly nodataMatches: number[];
  private chips = 0;

  /** @param nodata Values that mark missing pixels besides the files' own. */
  constructor(
    channels: number,
    private readonly nodata: readonly number[],
  ) {
    this.bands = Array.from({ length: channels }, () => ({
      least: Number.POSITIVE_INFINITY,
      greatest: Number.NEGATIVE_INFINITY,
      sizes: new PercentileSketch(),
      largest: undefined,
      filled: 0,
      fill: undefined,
      infinite: undefined,
    }));
    this.nodataMatches = nodata.map(() => 0);
  }

  /** Adds a chip. */
  add({ least, greatest, infinite, nodataMatches }: ChipFacts, name: string): void {
    this.chips++;
    nodataMatches.forEach((count, i) => {
      this.nodataMatches[i] += count;
    });
    this.bands.forEach((band, k) => {
      if (infinite[k] > 0) band.infinite ??= name;
      if (Number.isNaN(least[k])) return;
      const fill = [least[k], greatest[k]].find(
        (value) => FILLS.includes(value) || Math.abs(value) > LARGEST,
      );
      if (fill !== undefined) {
        band.filled++;
        band.fill ??= { name, value: fill };
      }
      band.least = Math.min(band.least, least[k]);
      band.greatest = Math.max(band.greatest, greatest[k]);
      const size = Math.max(Math.abs(least[k]), Math.abs(greatest[k]));
      band.sizes.addBits(new Int32Array(new Float32Array([size]).buffer)[0]);
      if (!band.largest || size > Math.abs(band.largest.value)) {
        band.largest = { name, value: -least[k] === size ? least[k] : greatest[k] };
      }
    });
  }

  /** What cannot be true, a sentence each. */
  warnings(): string[] {
    const { chips } = this;
    if (chips === 0) return [];
    const infinite = this.bands.flatMap(({ infinite: name }, k) =>
      name === undefined
        ? []
        : [
            `${name}: band ${k} (counted from 0) holds values beyond what float32 can hold, 3.4e38, ` +
              'or infinite ones; they count as missing: give one of them as nodata if they mark missing pixels.',
          ],
    );
    const bands = this.bands.flatMap((band, k) => {
      const where = `band ${k} (counted from 0)`;
      const { largest, fill } = band;
      if (!largest) return [`${where} has no valid value in any of the ${chips} chips looked at.`];
      if (fill) {
        return [
          `${fill.name}: ${where} holds ${fill.value}, as if it marked missing pixels, ` +
            `but nothing says so${band.filled > 1 ? ` (so do ${band.filled - 1} other chips)` : ''}: ` +
            'give it as nodata.',
        ];
      }
      if (band.least === band.greatest && chips > 1) {
        return [`${where} is ${band.least} everywhere in the ${chips} chips looked at: it teaches nothing.`];
      }
      const median = band.sizes.percentile(50, 0, Number.POSITIVE_INFINITY);
      if (chips < 3 || median === 0 || Math.abs(largest.value) <= FAR * median) return [];
      return [
        `${largest.name}: ${where} has values up to ${largest.value}, ` +
          `${FAR} times those of the other chips (${Number(median.toPrecision(3))}): other units, or damaged?`,
      ];
    });
    const nodata = this.nodata.flatMap((value, i) =>
      this.nodataMatches[i] > 0 ? [] : [`nodata ${value} matches no pixel of the ${chips} chips looked at.`],
    );
    return [...infinite, ...bands, ...nodata];
  }
}
