/**
 * Pixel by pixel: a small network says how likely each brightness of a pixel is, given the pixels above and to the left
 * of it. One is drawn, then the next: 1,024 calls for a chip of 32 × 32. Nothing is averaged, so nothing is blurred,
 * but what the network sees ends a few pixels away, and what comes later cannot change what came before.
 *
 * Run as `node --import ./examples/tsx.mjs examples/why/pixels.ts` after `npm run build`: a minute.
 */
import { initBackend } from 'diffusion-ssl/backends/node';
import { pixelMlpEnsemble } from 'diffusion-ssl/heads';
import { BANDS, randomOf, readChips, SIDE, shown, writePicture } from './chips.js';

const LEVELS = 24;
/** Brightness that is the last level. */
const WHITE = 0.6;
/** How far the network sees, above and to the left. */
const REACH = 3;
const ROWS = 40_000;
const SAMPLES = 6;

/** Pixels that come before one, from it. */
const before = Array.from({ length: (REACH + 1) * (2 * REACH + 1) }, (_, i) => {
  return [Math.floor(i / (2 * REACH + 1)) - REACH, (i % (2 * REACH + 1)) - REACH] as const;
}).filter(([y, x]) => y < 0 || x < 0);
const dims = before.length + 2;

/** What the network sees of a grey image at a pixel: the pixels before it, -1 outside, and where it is. */
function contextOf(grey: ArrayLike<number>, row: number, column: number): number[] {
  const seen = before.map(([y, x]) => {
    const [r, c] = [row + y, column + x];
    return r < 0 || c < 0 || c >= SIDE ? -1 : grey[r * SIDE + c] / LEVELS;
  });
  return [...seen, row / SIDE, column / SIDE];
}

const levels = (chip: Float32Array) =>
  Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const mean = (chip[BANDS * i] + chip[BANDS * i + 1] + chip[BANDS * i + 2]) / 3;
    return Math.min(LEVELS - 1, Math.floor((mean / WHITE) * LEVELS));
  });

const { dispose } = await initBackend({ device: 'wasm' });
const random = randomOf(1);
const [train, held] = [(await readChips('train')).map(levels), (await readChips('validate')).map(levels)];
const features = new Float32Array(ROWS * dims);
const labels = new Int32Array(ROWS);
for (let i = 0; i < ROWS; i++) {
  const grey = train[Math.floor(random() * train.length)];
  const pixel = Math.floor(random() * SIDE * SIDE);
  features.set(contextOf(grey, Math.floor(pixel / SIDE), pixel % SIDE), i * dims);
  labels[i] = grey[pixel];
}
const options = {
  classes: LEVELS,
  members: 1,
  hidden: [96, 48],
  batchSize: 256,
  maxEpochs: 12,
  learningRate: 3e-3,
};
const head = await pixelMlpEnsemble(features, labels, options);

/** Draws the pixels from a row on, one after the other, all images side by side. */
async function complete(images: Float32Array[], fromRow: number): Promise<void> {
  for (let pixel = fromRow * SIDE; pixel < SIDE * SIDE; pixel++) {
    const [row, column] = [Math.floor(pixel / SIDE), pixel % SIDE];
    const seen = Float32Array.from(images.flatMap((image) => contextOf(image, row, column)));
    const chances = await head.predict(seen);
    for (const [i, image] of images.entries()) {
      let left = random();
      let level = 0;
      while (level < LEVELS - 1 && left > chances[i * LEVELS + level]) left -= chances[i * LEVELS + level++];
      image[pixel] = level;
    }
  }
}

const fromNothing = Array.from({ length: SAMPLES }, () => new Float32Array(SIDE * SIDE));
await complete(fromNothing, 0);
const real = Array.from({ length: SAMPLES }, (_, i) => held[20 * i + 5]);
const halves = real.map((grey) => grey.map((level, i) => (i < (SIDE * SIDE) / 2 ? level : 0)));
const completed = halves.map((half) => half.slice());
await complete(completed, SIDE / 2);
await dispose();

const grey = (image: ArrayLike<number>) =>
  shown(
    Float32Array.from(
      { length: SIDE * SIDE * BANDS },
      (_, i) => ((image[Math.floor(i / BANDS)] + 0.5) / LEVELS) * WHITE,
    ),
  );
await writePicture('pixels', {
  title: 'Pixel by pixel, from the upper left',
  rows: [fromNothing, halves, completed, real].map((images) => images.map(grey)),
  columnLabels: real.map(() => ['', ''] as const),
  rowLabels: ['from nothing', 'upper half', 'completed', 'the chip'],
  caption: `A network of ${dims} inputs, asked ${SIDE * SIDE} times a chip. Brightness in ${LEVELS} levels.`,
});
