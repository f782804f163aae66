/**
 * Masked blocks: a chip is made of blocks of 8 × 8 pixels, each at once, given what is there of the blocks above and to
 * the left. What a block may be is said by the training chips whose pixels along that border are most like it. To
 * answer with their mean is blur; to draw each pixel of the block by itself from what these chips have there is noise,
 * since it does not know what its neighbour was drawn as; to take one of these blocks whole is sharp, but then nothing
 * is made that was not there before.
 *
 * Run as `node --import ./examples/tsx.mjs examples/why/blocks.ts` after `npm run build`: some ten seconds.
 */
import { BANDS, meanOf, nearest, randomOf, readChips, SIDE, shown, writePicture } from './chips.js';

const BLOCK = 8;
/** Pixels of the border that is looked at. */
const BORDER = 3;
const LIKE = 40;
const SAMPLES = 6;

/** Places of the values of some pixels. */
function placesOf(pixels: Iterable<readonly [row: number, column: number]>): number[] {
  return [...pixels].flatMap(([row, column]) =>
    Array.from({ length: BANDS }, (_, band) => (row * SIDE + column) * BANDS + band),
  );
}

function* pixelsOf(
  top: number,
  left: number,
  height: number,
  width: number,
): Iterable<readonly [number, number]> {
  for (let row = Math.max(0, top); row < top + height; row++) {
    for (let column = Math.max(0, left); column < Math.min(SIDE, left + width); column++) yield [row, column];
  }
}

/** What becomes of a block, of those that fit there. */
type Answer = (chips: readonly Float32Array[], place: number) => number;

const train = await readChips('train');

/** Makes a chip block by block; the first one is that of some chip. */
function make(
  first: Float32Array,
  seed: number,
  answerOf: (random: () => number, like: Float32Array[]) => Answer,
): Float32Array {
  const random = randomOf(seed);
  const chip = new Float32Array(first.length);
  for (let top = 0; top < SIDE; top += BLOCK) {
    for (let left = 0; left < SIDE; left += BLOCK) {
      const inside = placesOf(pixelsOf(top, left, BLOCK, BLOCK));
      const border = placesOf([
        ...pixelsOf(top - BORDER, left - BORDER, top > 0 ? BORDER : 0, BLOCK + 2 * BORDER),
        ...pixelsOf(top, left - BORDER, BLOCK, left > 0 ? BORDER : 0),
      ]);
      const like =
        border.length === 0
          ? [first]
          : nearest(train, chip, border)
              .slice(0, LIKE)
              .map((i) => train[i]);
      const answer = answerOf(random, like);
      for (const place of inside) chip[place] = answer(like, place);
    }
  }
  return chip;
}

const mean = (_: () => number, like: Float32Array[]): Answer => {
  const values = meanOf(like);
  return (_, place) => values[place];
};
/** The three bands of a pixel are drawn together, its neighbours are not. */
const byPixel = (random: () => number): Answer => {
  const drawn = new Map<number, number>();
  return (like, place) => {
    const pixel = Math.floor(place / BANDS);
    if (!drawn.has(pixel)) drawn.set(pixel, Math.floor(random() * like.length));
    return like[drawn.get(pixel)!][place];
  };
};
const whole = (random: () => number, like: Float32Array[]): Answer => {
  const chosen = like[Math.floor(random() * Math.min(8, like.length))];
  return (_, place) => chosen[place];
};

const first = Array.from({ length: SAMPLES }, (_, i) => train[150 * i + 30]);
const rows = [mean, byPixel, whole].map((way) => first.map((chip, i) => shown(make(chip, i, way))));
await writePicture('blocks', {
  title: 'Block by block, from the upper left one',
  rows: [...rows, first.map(shown)],
  columnLabels: first.map(() => ['', ''] as const),
  rowLabels: ['their mean', 'each pixel\nby itself', 'one of them\nwhole', 'first block\nis of'],
  caption: `${(SIDE / BLOCK) ** 2} blocks a chip, each of the ${LIKE} training chips that fit its border best.`,
});
