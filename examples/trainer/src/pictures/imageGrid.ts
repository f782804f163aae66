import { decode, encode } from 'fast-png';
import { escapeXml } from './escapeXml.js';
import { svgToPng } from './svgToPng.js';
import type { RgbImage } from './toRgb.js';

/** What `imageGrid` lays out. */
export interface ImageGridOptions {
  title: string;
  /** Rows of pictures; all pictures have one size, all rows one length. */
  rows: readonly (readonly RgbImage[])[];
  /** Two lines above each column: what it shows, and the range of its values. */
  columnLabels: readonly (readonly [string, string])[];
  /** Text to the left of each row; lines are separated by a line feed. */
  rowLabels: readonly string[];
  /** A line below the pictures. */
  caption: string;
  /** What colours stand for, below the caption. */
  legend?: readonly { name: string; colour: string }[];
  /** Pictures smaller than this are enlarged by a whole factor, pixel by pixel. Default 144. */
  minimumSize?: number;
}

const gap = 8;
const padding = 16;
const top = 84;
const bottom = 40;
const lineHeight = 16;
const legendHeight = 22;

/** Where the pictures of a grid stand, in pixels. */
export interface GridLayout {
  width: number;
  height: number;
  /** How often each pixel of a picture is repeated along either axis. */
  factor: number;
  /** Size of a picture on the page. */
  cell: { width: number; height: number };
  /** Left and top edge of a picture. */
  position(row: number, column: number): { x: number; y: number };
}

/** Computes the layout of a grid. Throws when the pictures differ in size or the rows in length. */
export function layoutGrid(options: ImageGridOptions): GridLayout {
  const { rows, columnLabels, rowLabels, title, caption, legend = [], minimumSize = 144 } = options;
  const columns = columnLabels.length;
  const first = rows[0]?.[0];
  if (!first) throw new Error('imageGrid: rows holds no picture.');
  if (rowLabels.length !== rows.length || rows.some((row) => row.length !== columns)) {
    throw new Error(
      `imageGrid: ${rows.length} rows of ${rows.map((row) => row.length)} pictures do not fit ` +
        `${rowLabels.length} row and ${columns} column labels.`,
    );
  }
  const other = rows.flat().find((image) => image.width !== first.width || image.height !== first.height);
  if (other) {
    throw new Error(
      `imageGrid: pictures of ${first.width} × ${first.height} and ${other.width} × ${other.height} pixels ` +
        'in one grid.',
    );
  }
  const factor = Math.max(1, Math.ceil(minimumSize / Math.max(first.width, first.height)));
  const cell = { width: first.width * factor, height: first.height * factor };
  const labelLines = rowLabels.flatMap((label) => label.split('\n'));
  const left = padding + Math.max(...labelLines.map((line) => line.length)) * 8 + gap;
  const grid = left + columns * (cell.width + gap) - gap + padding;
  const width = Math.max(grid, 2 * padding + title.length * 11, 2 * padding + caption.length * 7);
  return {
    width,
    height:
      top + rows.length * (cell.height + gap) - gap + bottom + legendLines(legend, width) * legendHeight,
    factor,
    cell,
    position: (row, column) => ({
      x: left + column * (cell.width + gap),
      y: top + row * (cell.height + gap),
    }),
  };
}

/** The pictures of a grid on a white page, without its text. */
export function gridPixels({ rows }: ImageGridOptions, layout: GridLayout): RgbImage {
  const { width, height, factor, cell } = layout;
  const data = new Uint8Array(width * height * 3).fill(255);
  rows.forEach((row, r) => {
    row.forEach((image, c) => {
      const { x, y } = layout.position(r, c);
      for (let i = 0; i < cell.height; i++) {
        for (let j = 0; j < cell.width; j++) {
          const from = (Math.floor(i / factor) * image.width + Math.floor(j / factor)) * 3;
          const to = ((y + i) * width + x + j) * 3;
          for (let k = 0; k < 3; k++) data[to + k] = image.data[from + k];
        }
      }
    });
  });
  return { width, height, data };
}

/** A labelled grid of pictures as a PNG file. */
export async function imageGrid(options: ImageGridOptions): Promise<Uint8Array> {
  const layout = layoutGrid(options);
  const page = gridPixels(options, layout);
  const text = decode(await svgToPng(labels(options, layout), 1));
  for (let pixel = 0; pixel < layout.width * layout.height; pixel++) {
    const alpha = text.data[pixel * 4 + 3] / 255;
    if (alpha === 0) continue;
    for (let k = 0; k < 3; k++) {
      const under = page.data[pixel * 3 + k];
      page.data[pixel * 3 + k] = Math.round(under + (text.data[pixel * 4 + k] - under) * alpha);
    }
  }
  return encode({ ...page, channels: 3 });
}

/** Where each entry of a legend stands: its line, and its left edge. */
function legendPlaces(legend: readonly { name: string }[], width: number): { line: number; x: number }[] {
  let [line, x] = [0, padding];
  return legend.map(({ name }) => {
    const own = 36 + 7.5 * name.length;
    if (x > padding && x + own > width - padding) [line, x] = [line + 1, padding];
    const place = { line, x };
    x += own;
    return place;
  });
}

function legendLines(legend: readonly { name: string }[], width: number): number {
  return (legendPlaces(legend, width).at(-1)?.line ?? -1) + 1;
}

/** The text of a grid as an SVG on a transparent page. */
function labels(options: ImageGridOptions, { width, height, cell, position }: GridLayout): string {
  const { title, caption, columnLabels, rowLabels, legend = [] } = options;
  const end = height - legendLines(legend, width) * legendHeight;
  const places = legendPlaces(legend, width);
  const marks = [
    `<text x="${padding}" y="30" font-size="17" font-weight="bold">${escapeXml(title)}</text>`,
    `<text x="${padding}" y="${end - 15}" font-size="12" fill="#555555">${escapeXml(caption)}</text>`,
    ...legend.map(({ name, colour }, i) => {
      const { line, x } = places[i];
      const y = end + line * legendHeight;
      return (
        `<rect x="${x}" y="${y - 5}" width="13" height="13" fill="${colour}" stroke="#888888"/>` +
        `<text x="${x + 19}" y="${y + 6}" font-size="12">${escapeXml(name)}</text>`
      );
    }),
    ...columnLabels.flatMap(([name, range], column) => {
      const x = position(0, column).x + cell.width / 2;
      return [
        `<text x="${x}" y="${top - 24}" font-size="14" text-anchor="middle">${escapeXml(name)}</text>`,
        `<text x="${x}" y="${top - 8}" font-size="11" text-anchor="middle" fill="#555555">${escapeXml(range)}</text>`,
      ];
    }),
    ...rowLabels.flatMap((label, row) => {
      const lines = label.split('\n');
      const { x, y } = position(row, 0);
      const firstLine = y + cell.height / 2 + 4 - ((lines.length - 1) * lineHeight) / 2;
      return lines.map(
        (line, i) =>
          `<text x="${x - gap}" y="${firstLine + i * lineHeight}" font-size="12" ` +
          `text-anchor="end">${escapeXml(line)}</text>`,
      );
    }),
  ];
  const attributes = `width="${width}" height="${height}" font-family="DejaVu Sans" fill="#222222"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>
${marks.join('\n')}
</svg>`;
}
