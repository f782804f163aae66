import type { ModelBand } from 'diffusion-ssl/pretrained';
import type { FillReport } from './measureFilling.js';

/** A report as a table, header first: a row for each kind of gap and way of filling. */
export function fillTable({ scores }: Pick<FillReport, 'scores'>, bands: readonly ModelBand[]): string[][] {
  const names = bands.map(({ name }, i) => name ?? `band ${i + 1}`);
  const errors = (of: string) => names.map((name) => `${of}${name}`);
  const header = [
    'gaps',
    'filled by',
    ...errors('error of '),
    ...errors('of one filling: '),
    'within 1',
    'within 2',
  ];
  const text = (value: number) => String(Number(value.toPrecision(4)));
  const rows = Object.entries(scores).flatMap(([kind, of]) =>
    Object.entries(of).map(([method, { rmse, rmseOfOne, within }]) => [
      ...[kind, method, ...rmse.map(text)],
      ...names.map((_, band) => (rmseOfOne ? text(rmseOfOne[band]) : '')),
      ...[0, 1].map((k) => (within ? within[k].toFixed(3) : '')),
    ]),
  );
  return [header, ...rows];
}
