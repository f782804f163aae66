import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import type { PowerSpectrum } from 'diffusion-ssl/metrics';
import { escapeXml } from '../pictures/escapeXml.js';
import type { Measured } from './Measured.js';

const [cellWidth, cellHeight] = [300, 270];
const margin = { top: 40, right: 20, bottom: 44, left: 62 };
const header = 70;
/** Bands that are drawn, at most. */
const MOST_BANDS = 8;

/** Power over frequency of each band, of held-out chips, samples and what these stand between, as an SVG. */
export function spectrumPlot({ bands, held, between, checkpoints }: Measured): string {
  const last = checkpoints.at(-1)!;
  const noise = between.find(({ isFloor }) => !isFloor);
  const curves: { name: string; colour: string; spectrum: PowerSpectrum }[] = [
    { name: 'held-out chips', colour: '#222222', spectrum: held.spectrum },
    ...(checkpoints.length > 1
      ? [
          {
            name: `samples of ${checkpoints[0].name}`,
            colour: '#9ecae1',
            spectrum: checkpoints[0].samples.spectrum,
          },
        ]
      : []),
    { name: `samples of ${last.name}`, colour: '#0072b2', spectrum: last.samples.spectrum },
    ...(noise ? [{ name: noise.name, colour: '#888888', spectrum: noise.set.spectrum }] : []),
  ];
  const shown = bands.slice(0, MOST_BANDS);
  const columns = Math.min(4, shown.length);
  let at = 20;
  const legend = curves.map(({ name, colour }) => {
    const entry =
      `<line x1="${at}" x2="${at + 26}" y1="52" y2="52" stroke="${colour}" stroke-width="2"/>` +
      `<text x="${at + 33}" y="56">${escapeXml(name)}</text>`;
    at += 64 + name.length * 7.2;
    return entry;
  });
  const cells = shown.map(({ name = '' }, band) => {
    const [x, y] = [(band % columns) * cellWidth, header + Math.floor(band / columns) * cellHeight];
    return `<g transform="translate(${x} ${y})">${bandCell(name || `band ${band + 1}`, band, curves)}</g>`;
  });
  const [width, height] = [
    Math.max(columns * cellWidth + 20, at),
    header + Math.ceil(shown.length / columns) * cellHeight,
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    'font-family="DejaVu Sans, sans-serif" font-size="12" fill="#222222">' +
    '<rect width="100%" height="100%" fill="#ffffff"/>' +
    '<text x="20" y="28" font-size="16" font-weight="bold">Power spectra</text>' +
    `${legend.join('')}\n${cells.join('\n')}\n</svg>\n`
  );
}

function bandCell(
  name: string,
  band: number,
  curves: readonly { colour: string; spectrum: PowerSpectrum }[],
): string {
  const points = curves.map(({ spectrum: { frequencies, power } }) =>
    Array.from(frequencies, (frequency, i) => ({ frequency, power: power[band][i] })).filter(
      (point) => point.frequency > 0 && point.power > 0,
    ),
  );
  const all = points.flat();
  const [left, right, top, bottom] = [
    margin.left,
    cellWidth - margin.right,
    margin.top,
    cellHeight - margin.bottom,
  ];
  const ends = (values: number[]) => [Math.min(...values), Math.max(...values)];
  const title = `<text x="${left}" y="${top - 14}" font-weight="bold">${escapeXml(name)}</text>`;
  if (all.length === 0) return title;
  const x = scaleLog(ends(all.map(({ frequency }) => frequency)), [left, right]);
  const y = scaleLinear(ends(all.map(({ power }) => 10 * Math.log10(power))), [bottom, top]).nice();
  const path = line<(typeof all)[number]>(
    (point) => round(x(point.frequency)),
    (point) => round(y(10 * Math.log10(point.power))),
  );
  return [
    title,
    ...y.ticks(5).map((tick) => {
      const at = round(y(tick));
      return (
        `<line x1="${left}" x2="${right}" y1="${at}" y2="${at}" stroke="#e4e4e4"/>` +
        `<text x="${left - 8}" y="${at + 4}" text-anchor="end">${tick} dB</text>`
      );
    }),
    ...[0.02, 0.05, 0.1, 0.2, 0.5]
      .filter((tick) => tick >= x.domain()[0] && tick <= x.domain()[1])
      .map((tick) => `<text x="${round(x(tick))}" y="${bottom + 18}" text-anchor="middle">${tick}</text>`),
    `<text x="${(left + right) / 2}" y="${bottom + 36}" text-anchor="middle">cycles a pixel</text>`,
    ...points.map((own, i) => {
      return `<path d="${path(own)}" fill="none" stroke="${curves[i].colour}" stroke-width="2"/>`;
    }),
  ].join('');
}

const round = (value: number) => Math.round(value * 100) / 100;
