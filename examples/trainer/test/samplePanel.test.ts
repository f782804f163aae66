import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { gridPixels, imageGrid, layoutGrid } from '../src/pictures/imageGrid.js';
import { samplePanel } from '../src/pictures/samplePanel.js';
import { samplingGrid } from '../src/pictures/samplingGrid.js';
import { type PanelImage, type RgbImage, toRgb } from '../src/pictures/toRgb.js';

/** An image whose pixels all hold `values`. */
const flat = (size: number, ...values: number[]): PanelImage => ({
  height: size,
  width: size,
  channels: values.length,
  data: Float32Array.from({ length: size * size * values.length }, (_, i) => values[i % values.length]),
});

/** The distinct colours of a PNG that cover at least `pixels` pixels, as `r,g,b`. */
function colours(png: Uint8Array, pixels: number): string[] {
  const { data, channels } = decode(png);
  const counts = new Map<string, number>();
  for (let i = 0; i < data.length; i += channels) {
    const key = data.slice(i, i + 3).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count >= pixels).map(([key]) => key);
}

describe('toRgb', () => {
  const image: PanelImage = { height: 1, width: 2, channels: 4, data: [0, 0.5, 1, 9, -1, 2, 0.25, 9] };

  it('takes the bands in the order given and limits them to the range', () => {
    expect([...toRgb(image, [0, 1, 2], [0, 1]).data]).toEqual([0, 128, 255, 0, 255, 64]);
    expect([...toRgb(image, [2, 1, 0], [-1, 1]).data]).toEqual([255, 191, 128, 159, 255, 0]);
  });

  it('shows one band, or an image that lacks a band, as grey', () => {
    expect([...toRgb(image, [1], [0, 1]).data]).toEqual([128, 128, 128, 255, 255, 255]);
    expect([...toRgb(flat(1, 0.2, 1), [0, 1, 2], [0, 1]).data]).toEqual([51, 51, 51]);
    expect([...toRgb(flat(1, 0.2), [3], [0, 1]).data]).toEqual([51, 51, 51]);
  });

  it('refuses data that are not height × width × channels', () => {
    expect(() => toRgb({ ...image, channels: 3 }, [0], [0, 1])).toThrow(/8 values; 1 × 2 × 3 need 6/);
  });
});

describe('imageGrid', () => {
  const rgb = (width: number, height: number, start = 0): RgbImage => ({
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => start + i),
  });
  const grid = {
    title: 'T',
    caption: 'C',
    rows: [
      [rgb(2, 3), rgb(2, 3, 50)],
      [rgb(2, 3, 100), rgb(2, 3, 150)],
    ],
    columnLabels: [
      ['a', ''],
      ['b', ''],
    ] as const,
    rowLabels: ['one', 'two\nlines'],
    minimumSize: 10,
  };

  it('enlarges by a whole factor, keeps the aspect and puts every pixel in its place', () => {
    const layout = layoutGrid(grid);
    expect(layout.factor).toBe(4);
    expect(layout.cell).toEqual({ width: 8, height: 12 });
    const page = gridPixels(grid, layout);
    let covered = 0;
    grid.rows.forEach((row, r) => {
      row.forEach((image, c) => {
        const { x, y } = layout.position(r, c);
        for (let i = 0; i < 12; i++) {
          for (let j = 0; j < 8; j++) {
            const from = (Math.floor(i / 4) * 2 + Math.floor(j / 4)) * 3;
            const to = ((y + i) * page.width + x + j) * 3;
            expect([...page.data.slice(to, to + 3)]).toEqual([...image.data.slice(from, from + 3)]);
            covered++;
          }
        }
      });
    });
    const white = page.data.filter((_, i) => i % 3 === 0 && page.data[i] === 255).length;
    expect(white).toBe(page.width * page.height - covered);
  });

  it('leaves large pictures as they are', () => {
    const one = { ...grid, rows: [[rgb(30, 20)]], columnLabels: [['a', '']] as const, rowLabels: [''] };
    expect(layoutGrid(one).factor).toBe(1);
  });

  it('writes the labels around the pictures and not over them', async () => {
    const layout = layoutGrid(grid);
    const png = decode(await imageGrid(grid));
    const blank = gridPixels(grid, layout);
    expect([png.width, png.height, png.channels]).toEqual([layout.width, layout.height, 3]);
    const changed = (x0: number, y0: number, x1: number, y1: number) => {
      let count = 0;
      for (let y = y0; y < y1; y++) {
        for (let i = (y * png.width + x0) * 3; i < (y * png.width + x1) * 3; i++) {
          if (png.data[i] !== blank.data[i]) count++;
        }
      }
      return count;
    };
    const first = layout.position(0, 0);
    const last = layout.position(1, 1);
    const { width, height } = layout.cell;
    expect(changed(first.x, first.y, last.x + width, last.y + height)).toBe(0);
    expect(changed(0, 0, png.width, first.y)).toBeGreaterThan(50);
    expect(changed(0, first.y, first.x, first.y + height)).toBeGreaterThan(50);
    expect(changed(0, last.y + height, png.width, png.height)).toBeGreaterThan(20);
  });

  it('refuses rows or pictures that do not fit together', () => {
    expect(() => layoutGrid({ ...grid, rows: [] })).toThrow(/no picture/);
    expect(() => layoutGrid({ ...grid, rows: [[rgb(2, 3)], [rgb(2, 3)]] })).toThrow(/1,1 pictures/);
    expect(() => layoutGrid({ ...grid, rows: [grid.rows[0], [rgb(2, 3), rgb(3, 3)]] })).toThrow(
      /2 × 3 and 3 × 3/,
    );
  });
});

describe('samplePanel', () => {
  const sample = {
    x0: flat(8, 0.2, 0.4, 0.6, 0),
    xT: flat(8, -3, 0, 3, 0),
    predictedNoise: flat(8, -1.5, 1.5, 0, 0),
    reconstruction: flat(8, 1.5, -0.5, 0.5, 0),
    t: 412,
    note: 'MSE 0.05',
  };

  it('shows images from 0 to 1 and noise around 0', async () => {
    const png = await samplePanel([sample], { title: 'Samples' });
    const cell = 144 * 144;
    expect(colours(png, cell).sort()).toEqual(
      ['51,102,153', '0,128,255', '64,191,128', '255,0,128', '255,255,255'].sort(),
    );
  });

  it('shows one band as grey, in the range given', async () => {
    const png = await samplePanel([sample, sample], { title: 'S', bands: [1], imageRange: [-1, 1] });
    expect(colours(png, 2 * 144 * 144).sort()).toEqual(
      ['179,179,179', '128,128,128', '191,191,191', '64,64,64', '255,255,255'].sort(),
    );
  });
});

describe('samplingGrid', () => {
  it('has one row a sample and one column a moment', async () => {
    const columns = [999, 500, 'result'].map((t, i) => ({
      t,
      images: [flat(16, 0.1 * (i + 1)), flat(16, 0.5 + 0.1 * i)],
    }));
    const png = await samplingGrid(columns, { title: 'DDIM' });
    const greys = [26, 51, 77, 128, 153, 178].map((v) => `${v},${v},${v}`);
    expect(colours(png, 112 * 112).sort()).toEqual([...greys, '255,255,255'].sort());
  });

  it('shows other bands of the last column in grey, each in its range', async () => {
    const columns = [
      { t: 9, images: [flat(16, 0, 0, 0, 0.9)] },
      { t: 'result', images: [flat(16, 1, 0, 0, 0.2)] },
    ];
    const png = await samplingGrid(columns, { title: 'DDIM', greyBands: [{ band: 3, range: [0, 0.5] }] });
    expect(colours(png, 112 * 112).sort()).toEqual(['0,0,0', '102,102,102', '255,0,0', '255,255,255']);
  });

  it('refuses a column that lacks a sample', async () => {
    const columns = [
      { t: 1, images: [flat(4, 1), flat(4, 1)] },
      { t: 0, images: [flat(4, 1)] },
    ];
    await expect(samplingGrid(columns, { title: 'DDIM' })).rejects.toThrow(/2,1 pictures/);
  });
});
