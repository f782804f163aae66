import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { type LossPoint, lossPlotSvg } from '../src/pictures/lossPlot.js';
import { svgToPng } from '../src/pictures/svgToPng.js';

const curve = (losses: number[]): LossPoint[] => losses.map((loss, at) => ({ at, loss }));
const options = { title: 'T', train: curve([1, 0.5, 0.2]), validation: curve([1.2, 0.4, 0.6]) };

/** The points of a path as [x, y]. */
function pathOf(svg: string, name: string): number[][] {
  const d = new RegExp(`<path class="${name}" d="([^"]*)"`).exec(svg)?.[1] ?? '';
  return [...d.matchAll(/[ML]([\d.]+),([\d.]+)/g)].map((m) => [Number(m[1]), Number(m[2])]);
}

describe('lossPlotSvg', () => {
  it('draws both curves from left to right, smaller losses lower', () => {
    const svg = lossPlotSvg(options);
    const train = pathOf(svg, 'train');
    expect(train.length).toBe(3);
    expect(train.map(([x]) => x)).toEqual([76, 404, 732]);
    const ys = train.map(([, y]) => y);
    expect(ys).toEqual(ys.toSorted((a, b) => a - b));
    const validation = pathOf(svg, 'validation');
    expect(validation[1][1]).toBeGreaterThan(train[1][1]);
    expect(validation[1][1]).toBeLessThan(train[2][1]);
  });

  it('is logarithmic over a wide range: equal ratios are equal distances', () => {
    const svg = lossPlotSvg({ ...options, train: curve([1, 0.1, 0.01]) });
    const ys = pathOf(svg, 'train').map(([, y]) => y);
    expect(ys[1] - ys[0]).toBeCloseTo(ys[2] - ys[1], 1);
    expect(svg).toContain('(log scale)');
    for (const tick of ['0.01', '0.02', '0.05', '0.1', '0.5', '1']) expect(svg).toContain(`>${tick}</text>`);
    const linear = lossPlotSvg({ ...options, train: curve([1, 0.9]), validation: curve([0.8]) });
    expect(linear).not.toContain('log scale');
    expect(linear).toContain('>0</text>');
  });

  it('draws the baseline dashed at its loss, and names it', () => {
    expect(lossPlotSvg(options)).not.toContain('baseline');
    const svg = lossPlotSvg({ ...options, baseline: 0.5 });
    const line = /<line class="baseline".*y1="([\d.]+)".*stroke-dasharray/.exec(svg);
    expect(Number(line?.[1])).toBeCloseTo(pathOf(svg, 'train')[1][1], 1);
    expect(svg).toContain('affine baseline (0.5)');
  });

  it('marks the best validation loss', () => {
    const svg = lossPlotSvg(options);
    expect(svg).toContain('validation (best 0.4, epoch 1)');
    const [x, y] = pathOf(svg, 'validation')[1];
    expect(svg).toContain(`<circle class="best" cx="${x}" cy="${y}"`);
  });

  it('smooths a long curve and keeps the raw one faint', () => {
    const losses = Array.from({ length: 1000 }, (_, i) => 0.5 + (i % 2 ? 0.3 : -0.3));
    const svg = lossPlotSvg({ ...options, train: curve(losses), validation: [] });
    expect(svg).toContain('stroke-opacity="0.25"');
    const ys = pathOf(svg, 'train').map(([, y]) => y);
    expect(ys.length).toBe(1000);
    expect(Math.max(...ys) - Math.min(...ys)).toBeLessThan(40);
  });

  it('escapes text and leaves out what is not finite', () => {
    const svg = lossPlotSvg({ ...options, title: 'a<b & "c"\u0007', train: curve([1, Number.NaN, 0.5]) });
    expect(svg).toContain('a&lt;b &amp; &quot;c&quot;<');
    expect(pathOf(svg, 'train').length).toBe(2);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it.each([
    ['no point', [], []],
    ['one point', [0.3], []],
    ['equal losses', [0.3, 0.3], [0.3]],
    ['a loss of 0', [0, 1], []],
  ])('copes with %s', async (_name, train, validation) => {
    const svg = lossPlotSvg({ title: 'T', train: curve(train), validation: curve(validation) });
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.includes('no losses yet')).toBe(train.length === 0);
    expect((await svgToPng(svg)).length).toBeGreaterThan(1000);
  });
});

describe('svgToPng', () => {
  it('draws shapes and text in the colours of the SVG, at the scale asked for', async () => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20">
<rect width="30" height="20" fill="#ff0000"/><text x="32" y="16" font-size="16" fill="#0000ff">ₜ₀M</text></svg>`;
    const png = decode(await svgToPng(svg, 3));
    expect([png.width, png.height, png.channels]).toEqual([180, 60, 4]);
    expect([...png.data.slice(0, 4)]).toEqual([255, 0, 0, 255]);
    let blue = 0;
    for (let i = 0; i < png.data.length; i += 4)
      if (png.data[i + 2] === 255 && png.data[i + 3] === 255) blue++;
    expect(blue).toBeGreaterThan(100);
  });
});
