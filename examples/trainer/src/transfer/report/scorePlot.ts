import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { escapeXml } from '../../pictures/escapeXml.js';

/** A method's scores over the number of labels. */
export interface ScoreCurve {
  name: string;
  pretrained: boolean;
  points: { amount: number; mean: number; deviation: number }[];
}

/** What is plotted. */
export interface ScorePlotOptions {
  title: string;
  xLabel: string;
  yLabel: string;
  curves: readonly ScoreCurve[];
}

const [width, plotWidth, height] = [860, 560, 480];
const margin = { top: 56, bottom: 60, left: 70 };
const COLOURS = [
  ...['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00'],
  ...['#56b4e9', '#7b5ea7', '#888888', '#111111', '#8c4a2f'],
];

/** Scores over labels, those without pretraining dashed, with the standard deviation over seeds, as an SVG. */
export function scorePlot({ title, xLabel, yLabel, curves }: ScorePlotOptions): string {
  const points = curves.flatMap((curve) => curve.points);
  const amounts = [...new Set(points.map(({ amount }) => amount))].sort((a, b) => a - b);
  const spread = ({ deviation }: { deviation: number }) => (Number.isFinite(deviation) ? deviation : 0);
  const lows = points.map((point) => point.mean - spread(point));
  const highs = points.map((point) => point.mean + spread(point));
  const [first, last] = [amounts[0] ?? 1, amounts.at(-1) ?? 1];
  const x = scaleLog([first / 1.2, last * 1.2], [margin.left, plotWidth]);
  const y = scaleLinear([Math.min(...lows), Math.max(...highs)], [height - margin.bottom, margin.top]).nice();
  const parts = y.ticks(6).map((tick) => {
    const at = round(y(tick));
    return (
      `<line x1="${margin.left}" x2="${plotWidth}" y1="${at}" y2="${at}" stroke="#e4e4e4"/>` +
      `<text x="${margin.left - 10}" y="${at + 4}" text-anchor="end">${Number(tick.toPrecision(4))}</text>`
    );
  });
  for (const amount of amounts) {
    parts.push(
      `<text x="${round(x(amount))}" y="${height - margin.bottom + 20}" text-anchor="middle">${amount}</text>`,
    );
  }
  for (const [i, { name, pretrained, points: own }] of curves.entries()) {
    // Among its like, dashed or not: no two curves of a few look the same.
    const rank = curves.slice(0, i).filter((other) => other.pretrained === pretrained).length;
    const colour = COLOURS[rank % COLOURS.length];
    const dash = pretrained ? '' : ' stroke-dasharray="6 4"';
    // Side by side, so that bars do not hide each other.
    const shift = (i - (curves.length - 1) / 2) * 2.5;
    const path = line<(typeof own)[number]>(
      (point) => round(x(point.amount) + shift),
      (point) => round(y(point.mean)),
    )(own);
    parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`);
    for (const point of own) {
      const at = round(x(point.amount) + shift);
      const [top, bottom] = [point.mean + spread(point), point.mean - spread(point)].map((value) =>
        round(y(value)),
      );
      parts.push(
        `<line x1="${at}" x2="${at}" y1="${top}" y2="${bottom}" stroke="${colour}"/>`,
        `<circle cx="${at}" cy="${round(y(point.mean))}" r="3" fill="${colour}"/>`,
      );
    }
    const legend = margin.top + 8 + i * 22;
    parts.push(
      `<line x1="${plotWidth + 24}" x2="${plotWidth + 50}" y1="${legend}" y2="${legend}" stroke="${colour}" ` +
        `stroke-width="2"${dash}/><text x="${plotWidth + 58}" y="${legend + 4}">${escapeXml(name)}</text>`,
    );
  }
  parts.push(
    `<text x="${margin.left}" y="28" font-size="16" font-weight="bold">${escapeXml(title)}</text>`,
    `<text x="${(margin.left + plotWidth) / 2}" y="${height - 14}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    `<text transform="translate(18 ${height / 2}) rotate(-90)" text-anchor="middle">${escapeXml(yLabel)}</text>`,
  );
  const legendHeight = margin.top + 30 + curves.length * 22;
  const size = `width="${width}" height="${Math.max(height, legendHeight)}"`;
  const style = 'font-family="DejaVu Sans, sans-serif" font-size="12" fill="#222"';
  const ground = '<rect width="100%" height="100%" fill="#fff"/>';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>${ground}\n${parts.join('\n')}\n</svg>\n`;
}

const round = (value: number) => Math.round(value * 100) / 100;
