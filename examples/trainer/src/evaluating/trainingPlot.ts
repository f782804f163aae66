import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { escapeXml } from '../pictures/escapeXml.js';
import type { Measured } from './Measured.js';
import { meanOf, SCORES, type Score } from './scores.js';

const COLUMNS = 3;
const [cellWidth, cellHeight] = [330, 260];
const margin = { top: 44, right: 24, bottom: 44, left: 62 };
const header = 70;
const SAMPLES = '#0072b2';
/** Of what samples stand between, in its order. */
const BETWEEN = ['#888888', '#cc79a7', '#d55e00'];

interface Point {
  step: number;
  mean: number;
  deviation: number;
}

/** Each score over the steps of training, between those of noise and of training chips, as an SVG. */
export function trainingPlot(measured: Measured): string {
  const { between, run } = measured;
  const rows = Math.ceil(SCORES.length / COLUMNS);
  const [width, height] = [COLUMNS * cellWidth + 20, header + rows * cellHeight];
  const entries = [
    { name: 'samples', colour: SAMPLES, dash: '' },
    ...between.map(({ name }, i) => ({ name, colour: BETWEEN[i], dash: ' stroke-dasharray="6 4"' })),
  ];
  let at = 20;
  const legend = entries.map(({ name, colour, dash }) => {
    const entry =
      `<line x1="${at}" x2="${at + 26}" y1="52" y2="52" stroke="${colour}" stroke-width="2"${dash}/>` +
      `<text x="${at + 33}" y="56">${escapeXml(name)}</text>`;
    at += 64 + name.length * 7.2;
    return entry;
  });
  const cells = SCORES.map((score, i) => {
    const [x, y] = [(i % COLUMNS) * cellWidth, header + Math.floor(i / COLUMNS) * cellHeight];
    return `<g transform="translate(${x} ${y})">${scoreCell(score, measured)}</g>`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    'font-family="DejaVu Sans, sans-serif" font-size="12" fill="#222222">' +
    '<rect width="100%" height="100%" fill="#ffffff"/>' +
    `<text x="20" y="28" font-size="16" font-weight="bold">${escapeXml(`Samples of ${run} beside held-out chips`)}` +
    `</text>${legend.join('')}\n${cells.join('\n')}\n</svg>\n`
  );
}

function scoreCell(score: Score, { checkpoints, between }: Measured): string {
  const points = checkpoints.map(({ step, seeds }): Point => {
    const { mean, deviation = 0 } = meanOf(seeds.map(score.of));
    return { step, mean, deviation };
  });
  const levels = between.map(({ distances }) => score.of({ distances }));
  const values = [
    ...levels,
    ...points.flatMap(({ mean, deviation }) => [mean - deviation, mean + deviation]),
  ];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [left, right, top, bottom] = [
    margin.left,
    cellWidth - margin.right,
    margin.top,
    cellHeight - margin.bottom,
  ];
  const isLog = !score.isShare && low > 0 && high / low > 10;
  const y = isLog
    ? scaleLog([low / 1.2, high * 1.2], [bottom, top])
    : scaleLinear(score.isShare ? [0, 1] : [Math.min(0, low), high || 1], [bottom, top]).nice();
  const steps = points.map(({ step }) => step);
  const [first, last] = [steps[0], steps.at(-1)!];
  const x = scaleLinear(first === last ? [first - 1, last + 1] : [first, last], [left, right]);
  const ticks = isLog ? decades(y.domain()) : y.ticks(5);
  const path = line<Point>(
    (point) => round(x(point.step)),
    (point) => round(y(point.mean)),
  );
  return [
    `<text x="${left}" y="${top - 14}" font-weight="bold">${escapeXml(score.title)}</text>`,
    ...ticks.map((tick) => {
      const at = round(y(tick));
      return (
        `<line x1="${left}" x2="${right}" y1="${at}" y2="${at}" stroke="#e4e4e4"/>` +
        `<text x="${left - 8}" y="${at + 4}" text-anchor="end">${Number(tick.toPrecision(4))}</text>`
      );
    }),
    ...x
      .ticks(4)
      .map((tick) => `<text x="${round(x(tick))}" y="${bottom + 18}" text-anchor="middle">${tick}</text>`),
    `<text x="${(left + right) / 2}" y="${bottom + 36}" text-anchor="middle">steps</text>`,
    ...levels.map((level, i) => {
      const at = round(y(level));
      const stroke = `stroke="${BETWEEN[i]}" stroke-width="1.5" stroke-dasharray="6 4"`;
      return `<line x1="${left}" x2="${right}" y1="${at}" y2="${at}" ${stroke}/>`;
    }),
    `<path d="${path(points)}" fill="none" stroke="${SAMPLES}" stroke-width="2"/>`,
    ...points.map(({ step, mean, deviation }) => {
      const [cx, from, to] = [x(step), y(mean - deviation), y(mean + deviation)].map(round);
      const bar = `<line x1="${cx}" x2="${cx}" y1="${from}" y2="${to}" stroke="${SAMPLES}"/>`;
      return `${deviation > 0 ? bar : ''}<circle cx="${cx}" cy="${round(y(mean))}" r="3" fill="${SAMPLES}"/>`;
    }),
  ].join('');
}

/** 1, 2 and 5 times powers of ten, or these powers alone where there are many. */
function decades([low, high]: number[]): number[] {
  const digits = Math.log10(high / low) > 2 ? [1] : [1, 2, 5];
  const from = Math.floor(Math.log10(low));
  return Array.from({ length: Math.ceil(Math.log10(high)) - from + 1 }, (_, i) => from + i)
    .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
    .filter((tick) => tick >= low && tick <= high);
}

const round = (value: number) => Math.round(value * 100) / 100;
