/**
 * Draws what `conditionEffect` has measured: by how much the loss rises where a field of the condition is another
 * sample's, over the timesteps, with two standard errors up and down. A field whose line stays on zero does nothing.
 *
 * Run as: tsx condition-plot.ts condition-effect.json, which writes condition-effect.svg beside it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import type { ConditionEffect } from 'diffusion-ssl/training';

const [file = 'runs/own-network/condition-effect.json'] = process.argv.slice(2);
const [WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, LINE] = [760, 460, 80, 24, 52, 18];
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

const { fields, together, bins } = JSON.parse(await readFile(file, 'utf8')) as ConditionEffect;
const curves = Object.entries(
  Object.keys(fields).length > 1 ? { ...fields, 'all together': together } : fields,
);
/** Below a line for each curve. */
const top = 48 + LINE * curves.length;
/** Of a part with a single sample nothing is known of the spread: JSON has null for it. */
const spread = (standardError: number | null) => 2 * (standardError ?? 0);
const ends = curves.flatMap(([, curve]) =>
  curve.bins.flatMap(({ increase, standardError }) => [
    increase - spread(standardError),
    increase + spread(standardError),
  ]),
);
const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
const last = bins[bins.length - 1].to;
const x = (t: number) => (LEFT + (t / last) * (WIDTH - LEFT - RIGHT)).toFixed(1);
const y = (value: number) =>
  (HEIGHT - BOTTOM - ((value - low) / (high - low || 1)) * (HEIGHT - top - BOTTOM)).toFixed(1);
const text = (at: string, content: string, more = '') =>
  `<text ${at} ${more}>${content.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`)}</text>`;

const marks = [
  text(`x="${LEFT}" y="26"`, 'What the loss gains where the condition is another one', 'font-size="15"'),
  `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(0)}" y2="${y(0)}" stroke="#999"/>`,
  text(`x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}"`, 'timestep', 'text-anchor="middle"'),
  text(`transform="translate(20 ${(top + HEIGHT - BOTTOM) / 2}) rotate(-90)"`, 'increase of the loss'),
  ...Array.from(new Set([low, 0, high]), (value) =>
    text(`x="${LEFT - 8}" y="${y(value)}"`, value.toPrecision(2), 'text-anchor="end"'),
  ),
  ...bins.map(({ from, to }) =>
    text(`x="${x((from + to) / 2)}" y="${HEIGHT - 30}"`, `${from}–${to}`, 'text-anchor="middle"'),
  ),
];
for (const [i, [name, curve]] of curves.entries()) {
  const colour = colours[i % colours.length];
  const points = curve.bins.map(({ increase }, bin) => {
    // Beside each other, so that no spread hides another.
    const px = Number(x((bins[bin].from + bins[bin].to) / 2)) + 5 * (i - (curves.length - 1) / 2);
    return `${px.toFixed(1)},${y(increase)}`;
  });
  marks.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
  for (const [bin, { increase, standardError }] of curve.bins.entries()) {
    const [px, py] = points[bin].split(',');
    const [above, below] = [1, -1].map((sign) => y(increase + sign * spread(standardError)));
    marks.push(
      `<line x1="${px}" x2="${px}" y1="${above}" y2="${below}" stroke="${colour}"/>`,
      `<circle cx="${px}" cy="${py}" r="3" fill="${colour}"/>`,
    );
  }
  const total = `${name}: ${curve.increase.toPrecision(3)} ± ${curve.standardError?.toPrecision(2)}`;
  marks.push(text(`x="${LEFT}" y="${48 + LINE * i}"`, total, `fill="${colour}"`));
}
const size = `width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"`;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12" fill="#222">
<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>
${marks.join('\n')}
</svg>
`;
await writeFile(file.replace(/\.json$/, '.svg'), svg);
