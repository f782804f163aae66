import type { BenchRow } from './BenchRow.js';

/**
 * The rows as lines of a table, under a heading; a graphics processor and a lower precision are named at the end of
 * their row.
 */
export function formatRows(rows: readonly BenchRow[]): string[] {
  const line = (backend: string, cells: string[], end = '') =>
    `${backend.padEnd(10)}${cells.map((cell) => cell.padStart(12)).join('')}${end}`;
  return [
    line('backend', ['threads', 's/step', 'images/s', 'GFLOP/s', 'peak MB', 'of PyTorch']),
    ...rows.map((row) =>
      line(
        row.backend,
        [
          row.threads === null ? '-' : String(row.threads),
          row.secondsPerStep.toFixed(3),
          row.imagesPerSecond.toFixed(2),
          row.gflops.toFixed(1),
          (row.peakMemoryBytes / 1e6).toFixed(0),
          row.ratioToPyTorch === null ? '-' : `${(100 * row.ratioToPyTorch).toFixed(0)} %`,
        ],
        [
          ...(row.adapter === null ? [] : [`  ${row.adapter}${row.software ? ' (software)' : ''}`]),
          ...(row.precision === 'f32' ? [] : [`  ${row.precision}`]),
        ].join(''),
      ),
    ),
  ];
}
