import { inFunction } from '../internal/inFunction.js';
import type { ConfusionMatrix } from './ConfusionMatrix.js';
import { type ClassNames, classNamesOf } from './classNamesOf.js';
import { ratio } from './labels.js';

const CELL = 44;
const INK = '#222222';

/**
 * A confusion matrix as a picture, in SVG: a row for each class of the reference, in the cells the per cent of its
 * pixels that were predicted as the column's class, and at the end of a row how many pixels it has.
 *
 * @throws If there is not one name a class.
 * @example
 * ```ts
 * import { ConfusionMatrix, confusionMatrixSvg } from 'diffusion-ssl/metrics';
 *
 * const matrix = new ConfusionMatrix(2);
 * matrix.add([0, 0, 1], [0, 1, 1]);
 * const svg = confusionMatrixSvg(matrix, { classNames: ['water', 'land'] });
 * console.log(svg.includes('>50<')); // true: half of the water is taken for land
 * ```
 */
export function confusionMatrixSvg(matrix: ConfusionMatrix, options: ClassNames = {}): string {
  const names = inFunction('confusionMatrixSvg', () => classNamesOf(matrix, options));
  const { numClasses: n, counts } = matrix;
  const longest = Math.max(...names.map((name) => name.length));
  // Left and above there is room for the names, which stand aslant over the columns.
  const [left, top] = [56 + 7 * longest, 56 + 5 * longest];
  const right = 90 + 5 * longest;
  const [width, height] = [left + n * CELL + right, top + n * CELL + 16];
  const marks: string[] = [];
  for (let k = 0; k < n; k++) {
    const row = counts.subarray(k * n, (k + 1) * n);
    const total = row.reduce((sum, count) => sum + count, 0);
    const y = top + k * CELL;
    row.forEach((count, j) => {
      const share = ratio(count, total);
      const x = left + j * CELL;
      const colour = share > 0.5 ? 'white' : INK;
      marks.push(
        `<rect x="${x}" y="${y}" width="${CELL}" height="${CELL}" fill="${shade(share)}" stroke="white"/>`,
        text(x + CELL / 2, y + CELL / 2 + 4, total > 0 ? percent(share) : '', `middle" fill="${colour}`),
      );
    });
    const [x, middle] = [left + k * CELL + CELL / 2, y + CELL / 2 + 4];
    marks.push(
      text(left - 8, middle, names[k], 'end'),
      text(left + n * CELL + 8, middle, total.toLocaleString('en'), 'start'),
      `<g transform="translate(${x} ${top - 8}) rotate(-45)">${text(0, 0, names[k], 'start')}</g>`,
    );
  }
  const attributes = [
    `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    `font-family="DejaVu Sans, sans-serif" font-size="12" fill="${INK}"`,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" ${attributes.join(' ')}>
<rect width="${width}" height="${height}" fill="white"/>
${text(left, 20, 'predicted, in per cent of the reference', 'start')}
<g transform="translate(20 ${top + (n * CELL) / 2}) rotate(-90)">${text(0, 0, 'reference', 'middle')}</g>
${marks.join('\n')}
</svg>
`;
}

/** From white to a dark blue. */
function shade(share: number): string {
  const channel = (dark: number) => Math.round(255 + (dark - 255) * share);
  return `rgb(${channel(8)},${channel(48)},${channel(107)})`;
}

/** Whole per cent; what is there but below one half shows as such. */
function percent(share: number): string {
  return share > 0 && share < 0.005 ? '<1' : String(Math.round(100 * share));
}

function text(x: number, y: number, content: string, anchor: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped}</text>`;
}
