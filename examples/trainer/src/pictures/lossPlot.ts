import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { escapeXml } from './escapeXml.js';

/** One point of a loss curve; `at` counts epochs or steps, as `xLabel` says. */
export interface LossPoint {
  at: number;
  loss: number;
}

/** What `lossPlotSvg` draws. */
export interface LossPlotOptions {
  title: string;
  train: readonly LossPoint[];
  validation: readonly LossPoint[];
  /** The loss of the best affine predictor, drawn as a dashed line. */
  baseline?: number;
  /** Default `'epoch'`. */
  xLabel?: string;
  /** Default `'mean squared error'`. */
  yLabel?: string;
}

const [width, height] = [760, 460];
const margin = { top: 74, right: 28, bottom: 56, left: 76 };
const colours = { train: '#0072b2', validation: '#d55e00', baseline: '#555555', ink: '#222222' };

/** A loss plot as SVG: both curves, the baseline, the best validation loss marked. */
export function lossPlotSvg(options: LossPlotOptions): string {
  const { title, baseline, xLabel = 'epoch', yLabel = 'mean squared error' } = options;
  const train = options.train.filter(isFinitePoint);
  const validation = options.validation.filter(isFinitePoint);
  const points = [...train, ...validation];
  const losses = points.map((p) => p.loss);
  if (baseline !== undefined && Number.isFinite(baseline)) losses.push(baseline);

  const x = scaleLinear(extent(points.map((p) => p.at)), [margin.left, width - margin.right]);
  const [low, high] = extent(losses);
  const isLog = low > 0 && high / low > 5;
  const y = isLog
    ? scaleLog([low / 1.15, high * 1.15], [height - margin.bottom, margin.top])
    : scaleLinear([Math.min(0, low), high * 1.05], [height - margin.bottom, margin.top]).nice();
  const yTicks = isLog ? logTicks(y.domain()) : y.ticks(6);
  const xTicks = x.ticks(8).filter(Number.isInteger);
  const path = line<LossPoint>(
    (p) => round(x(p.at)),
    (p) => round(y(p.loss)),
  );
  const best = validation.reduce<LossPoint | undefined>((a, b) => (a && a.loss <= b.loss ? a : b), undefined);
  const right = width - margin.right;
  const bottom = height - margin.bottom;

  const marks = [
    ...yTicks.map((tick) => {
      const at = round(y(tick));
      return `<line x1="${margin.left}" x2="${right}" y1="${at}" y2="${at}" stroke="#e4e4e4"/>
<text x="${margin.left - 10}" y="${at + 4}" text-anchor="end">${formatNumber(tick)}</text>`;
    }),
    ...xTicks.map((tick) => {
      const at = round(x(tick));
      return `<line x1="${at}" x2="${at}" y1="${bottom}" y2="${bottom + 5}" stroke="${colours.ink}"/>
<text x="${at}" y="${bottom + 20}" text-anchor="middle">${tick}</text>`;
    }),
    `<line x1="${margin.left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="${colours.ink}"/>`,
    `<text x="${(margin.left + right) / 2}" y="${height - 14}" text-anchor="middle" ` +
      `font-size="13">${escapeXml(xLabel)}</text>`,
    `<text transform="translate(20 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle" ` +
      `font-size="13">${escapeXml(yLabel)}${isLog ? ' (log scale)' : ''}</text>`,
    `<text x="${margin.left}" y="28" font-size="16" font-weight="bold">${escapeXml(title)}</text>`,
  ];
  if (points.length === 0) {
    marks.push(
      `<text x="${(margin.left + right) / 2}" y="${(margin.top + bottom) / 2}" ` +
        'text-anchor="middle">no losses yet</text>',
    );
  }
  if (baseline !== undefined && Number.isFinite(baseline)) {
    const at = round(y(baseline));
    marks.push(
      `<line class="baseline" x1="${margin.left}" x2="${right}" y1="${at}" y2="${at}" ` +
        `stroke="${colours.baseline}" stroke-width="1.5" stroke-dasharray="6 4"/>`,
    );
  }
  for (const [name, curve] of [
    ['train', train],
    ['validation', validation],
  ] as const) {
    const stroke = `fill="none" stroke="${colours[name]}" stroke-linejoin="round" stroke-linecap="round"`;
    const smooth = smoothed(curve);
    if (smooth !== curve) marks.push(`<path d="${path(curve)}" ${stroke} stroke-opacity="0.25"/>`);
    marks.push(`<path class="${name}" d="${path(smooth) ?? ''}" ${stroke} stroke-width="2"/>`);
    if (curve.length > 0 && curve.length <= 30) {
      marks.push(...curve.map((p) => dot(round(x(p.at)), round(y(p.loss)), 2.5, colours[name])));
    }
  }
  if (best) {
    marks.push(
      `<circle class="best" cx="${round(x(best.at))}" cy="${round(y(best.loss))}" r="6" fill="none" ` +
        `stroke="${colours.validation}" stroke-width="1.5"/>`,
    );
  }
  marks.push(
    ...legend([
      ['train', train.length > 0 ? 'train' : '', ''],
      ['validation', best ? `validation (best ${formatLoss(best.loss)}, ${xLabel} ${best.at})` : '', ''],
      ['baseline', baseline === undefined ? '' : `affine baseline (${formatLoss(baseline)})`, '6 4'],
    ]),
  );
  const attributes = [
    `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    `font-family="DejaVu Sans, sans-serif" font-size="12" fill="${colours.ink}"`,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" ${attributes.join(' ')}>
<rect width="${width}" height="${height}" fill="white"/>
${marks.join('\n')}
</svg>
`;
}

function legend(entries: readonly ['train' | 'validation' | 'baseline', string, string][]): string[] {
  let at = margin.left;
  return entries
    .filter(([, label]) => label !== '')
    .map(([name, label, dashes]) => {
      const dash = dashes && ` stroke-dasharray="${dashes}"`;
      const stroke = `stroke="${colours[name]}" stroke-width="2"${dash}`;
      const entry = `<line x1="${at}" x2="${at + 26}" y1="50" y2="50" ${stroke}/>
<text x="${at + 33}" y="54">${escapeXml(label)}</text>`;
      at += 58 + label.length * 7.2;
      return entry;
    });
}

/** A moving average where a curve has too many points to be read; the curve itself where not. */
function smoothed(curve: readonly LossPoint[]): readonly LossPoint[] {
  if (curve.length <= 200) return curve;
  const reach = Math.ceil(curve.length / 100);
  return curve.map(({ at }, i) => {
    const near = curve.slice(Math.max(0, i - reach), i + reach + 1);
    return { at, loss: near.reduce((sum, p) => sum + p.loss, 0) / near.length };
  });
}

/** 1, 2 and 5 times each power of ten inside the domain. */
function logTicks([low, high]: number[]): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const digit of [1, 2, 5]) ticks.push(Number(`${digit}e${power}`));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

function extent(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function dot(x: number, y: number, radius: number, fill: string): string {
  return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}"/>`;
}

const isFinitePoint = ({ at, loss }: LossPoint) => Number.isFinite(at) && Number.isFinite(loss);
const round = (value: number) => Math.round(value * 100) / 100;
const formatNumber = (value: number) => String(Number(value.toPrecision(6)));
const formatLoss = (value: number) => String(Number(value.toPrecision(3)));
