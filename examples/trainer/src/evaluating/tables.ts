import { csvLine } from '../results/csvLine.js';
import type { SetDistances } from './compareSets.js';
import type { Measured, MeasuredCheckpoint } from './Measured.js';
import { meanOf, nearness, SCORES } from './scores.js';

/** What was measured, as Markdown. */
export function evaluationText(measured: Measured): string {
  const { run, features, drawing, usage, held, between, checkpoints, train } = measured;
  const above = between.filter(({ isFloor }) => !isFloor);
  const below = between.filter(({ isFloor }) => isFloor);
  const own = ({ name, distances }: Measured['between'][number]) =>
    row([`*${name}*`, '', '', ...SCORES.map((score) => short(score.of({ distances }))), '', '', '']);
  return [
    `## Samples of ${run}`,
    '',
    `${drawing}. Compared with ${held.images.length} chips of usage ${usage}, by ${features}; ` +
      `in italics ${checkpoints[0].samples.images.length} images each that samples stand between.`,
    '',
    row([
      ...['', 'step', 'validation loss', ...SCORES.map(({ title }) => title)],
      ...['nearest chip', 'to the next 50', 'nearer than any held-out'],
    ]),
    row(Array.from({ length: 6 + SCORES.length }, () => '---')),
    ...above.map(own),
    ...checkpoints.map((checkpoint) => checkpointRow(checkpoint, measured)),
    ...below.map(own),
    row([
      ...['*held-out chips*', '', '', ...SCORES.map(() => '')],
      ...nearnessCells([nearness(held.nearest, held)]).slice(0, 2),
      '',
    ]),
    '',
    'Values: mean over the bands of the Wasserstein distance of their histograms, in deviations of the held-out ' +
      'chips. Spectrum: how far the power is off, mean over bands and frequencies. ' +
      `Nearest chip: median root mean square difference to the nearest of ${train.images.length} training chips, ` +
      'mirrored or not, as the network has them; to the next 50: that distance as a part of the mean of those to the ' +
      'nearest 50, near 0 for a copy.',
    '',
    ...bandLines(measured),
  ].join('\n');
}

/** What was measured, a line a set and seed. */
export function evaluationCsv({ between, checkpoints, held, bands }: Measured): string {
  const names = bands.map(({ name }, i) => name ?? `band ${i + 1}`);
  const header = [
    ...['set', 'step', 'epoch', 'seed', 'validation_loss', ...SCORES.map(({ key }) => key)],
    ...['nearest', 'nearest_ratio', 'nearer_than_held_out'],
    ...names.flatMap((name) => [`wasserstein ${name}`, `overlap ${name}`]),
  ];
  const scores = (distances: SetDistances) => SCORES.map((score) => score.of({ distances }));
  const ofBands = (distances: SetDistances) =>
    distances.bands.flatMap(({ wasserstein, overlap }) => [wasserstein, overlap]);
  const lines = [
    ...between.map(({ name, distances }) => [
      ...[name, '', '', '', '', ...scores(distances), '', '', ''],
      ...ofBands(distances),
    ]),
    ...checkpoints.flatMap(({ name, step, epoch, validationLoss = '', seeds }) =>
      seeds.map(({ seed, distances, nearest }) => {
        const { distance, ratio, nearer } = nearness(nearest, held);
        const own = [name, step, epoch, seed, validationLoss, ...scores(distances), distance, ratio, nearer];
        return [...own, ...ofBands(distances)];
      }),
    ),
  ];
  return [header, ...lines.map((line) => line.map(String))].map(csvLine).join('');
}

/** The nearest training chip of each sample of the last checkpoint, and of each held-out chip. */
export function neighboursCsv({ checkpoints, held, train }: Measured): string {
  const { nearest } = checkpoints.at(-1)!.seeds[0];
  const linesOf = (set: string, found: typeof nearest) =>
    found.map(({ chip, flip: [columns, rows], distance, ratio }, i) =>
      csvLine([
        ...[set, String(i), train.names[chip], distance.toFixed(5), ratio.toFixed(5)],
        [columns ? 'columns' : '', rows ? 'rows' : ''].filter(Boolean).join(' '),
      ]),
    );
  return [
    'set,number,training_chip,distance,ratio,mirrored\n',
    ...linesOf('sample', nearest),
    ...linesOf('held-out', held.nearest),
  ].join('');
}

function checkpointRow(
  { name, step, validationLoss, seeds }: MeasuredCheckpoint,
  { held }: Measured,
): string {
  return row([
    ...[name, String(step), validationLoss === undefined ? '–' : validationLoss.toFixed(4)],
    ...SCORES.map((score) => spreadText(seeds.map(score.of))),
    ...nearnessCells(seeds.map(({ nearest }) => nearness(nearest, held))),
  ]);
}

function nearnessCells(all: readonly ReturnType<typeof nearness>[]): string[] {
  return (['distance', 'ratio', 'nearer'] as const).map((key) => spreadText(all.map((one) => one[key])));
}

function bandLines({ bands, between, checkpoints }: Measured): string[] {
  const last = checkpoints.at(-1)!;
  const sets = [
    ...between.filter(({ isFloor }) => !isFloor),
    { name: last.name, distances: last.seeds[0].distances },
    ...between.filter(({ isFloor }) => isFloor),
  ];
  return [
    'Histograms of the bands: Wasserstein distance in the units of the chips, and overlap.',
    '',
    row(['', ...bands.map(({ name, unit }, i) => `${name ?? `band ${i + 1}`}${unit ? `, ${unit}` : ''}`)]),
    row(['---', ...bands.map(() => '---')]),
    ...sets.map(({ name, distances }) =>
      row([
        name,
        ...distances.bands.map((band) => `${short(band.wasserstein)}, ${(100 * band.overlap).toFixed(0)} %`),
      ]),
    ),
    '',
  ];
}

function spreadText(values: readonly number[]): string {
  const { mean, deviation } = meanOf(values);
  return deviation === undefined ? short(mean) : `${short(mean)} ± ${short(deviation)}`;
}

/** Three digits, or all before the point where these are not many more. */
function short(value: number): string {
  const size = Math.abs(value);
  const text = size >= 100 && size < 1e6 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
  return text.replace('-', '−');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
