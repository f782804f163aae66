/**
 * Why not predict the image itself? Of a chip only a coarse version is known, 4 × 4 pixels. Many chips look like that;
 * the answer with the least squared error is their mean, and a mean of many chips is blur. Nothing is trained here: the
 * training chips themselves say which answers there are.
 *
 * Run as `node --import ./examples/tsx.mjs examples/why/average.ts` after `npm run build`: a few seconds.
 */
import { BANDS, LENGTH, meanOf, readChips, SIDE, shown, writePicture } from './chips.js';

const COARSE = 4;
const CHIPS = [5, 40, 90, 120];
const COUNTS = [1, 3, 10, 50, 300];

/** A chip of coarse pixels, each the mean of those that it stands for. */
function coarseOf(chip: Float32Array): Float32Array {
  const block = SIDE / COARSE;
  const sums = new Float32Array(COARSE * COARSE * BANDS);
  const place = (i: number) => {
    const [pixel, band] = [Math.floor(i / BANDS), i % BANDS];
    const [row, column] = [Math.floor(pixel / SIDE / block), Math.floor((pixel % SIDE) / block)];
    return (row * COARSE + column) * BANDS + band;
  };
  for (let i = 0; i < LENGTH; i++) sums[place(i)] += chip[i] / block ** 2;
  return Float32Array.from({ length: LENGTH }, (_, i) => sums[place(i)]);
}

/** How much pixels differ from those to their right, in one number. */
function detailOf(chip: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < LENGTH; i++)
    if (Math.floor(i / BANDS) % SIDE > 0) sum += (chip[i] - chip[i - BANDS]) ** 2;
  return Math.sqrt(sum / LENGTH);
}

const [train, held] = [await readChips('train'), await readChips('validate')];
const coarse = train.map(coarseOf);
const rows = CHIPS.map((number) => {
  const known = coarseOf(held[number]);
  const distances = coarse.map((one) => one.reduce((sum, value, i) => sum + (value - known[i]) ** 2, 0));
  const order = train.map((_, i) => i).sort((a, b) => distances[a] - distances[b]);
  const answers = COUNTS.map((count) => meanOf(order.slice(0, count).map((i) => train[i])));
  return { real: held[number], known, answers };
});
const errors = COUNTS.map((_, k) => {
  const squares = rows.map(({ real, answers }) =>
    answers[k].reduce((sum, v, i) => sum + (v - real[i]) ** 2, 0),
  );
  return Math.sqrt(squares.reduce((a, b) => a + b) / rows.length / LENGTH);
});
const details = COUNTS.map((_, k) => {
  const shares = rows.map(({ real, answers }) => detailOf(answers[k]) / detailOf(real));
  return shares.reduce((a, b) => a + b) / rows.length;
});
await writePicture('average', {
  title: 'What is known, and the mean of the chips that look like it',
  rows: rows.map(({ real, known, answers }) => [known, ...answers, real].map(shown)),
  columnLabels: [
    ['known', '4 × 4'],
    ...COUNTS.map((count, k) => {
      return [`${count === 1 ? 'one chip' : `mean of ${count}`}`, `error ${errors[k].toFixed(3)}`] as const;
    }),
    ['the chip', ''],
  ],
  rowLabels: rows.map((_, i) => `chip ${CHIPS[i]}`),
  caption: `Detail left of the chip's: ${details.map((share) => `${(100 * share).toFixed(0)} %`).join(', ')}.`,
});
