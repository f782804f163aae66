import path from 'node:path';
import { findBands } from 'diffusion-ssl/data';
import { type ChipHeader, openCatalog, readChipHeader } from 'diffusion-ssl/data/node';
import { selectionOf } from '../data/inputBands.js';
import { repeatWarning } from '../data/repeatWarning.js';
import { someChips } from '../data/someChips.js';
import { bandText } from './bandText.js';
import type { Report } from './Report.js';

/** Chips of a split whose files are looked for and whose headers are read, at most. */
const CHECKED = 200;

/** Where its chips lie, which columns name them, and which of their bands are looked at. */
export interface InspectCatalogOptions {
  /** Folder that the paths are relative to; default: the catalog's. */
  data?: string;
  imageColumns?: string[];
  /** Numbers from 1 on, and names; default: all. */
  inputBands?: string[];
}

/** What is in a catalog, and what is wrong with a sample of its chips. */
export async function inspectCatalog(file: string, options: InspectCatalogOptions = {}): Promise<Report> {
  const { data = path.dirname(file), imageColumns, inputBands } = options;
  const catalog = await openCatalog(file, { imageColumns });
  const report: Report = { title: `${file}: catalog of chips`, facts: [], warnings: [] };
  for (const repeat of catalog.repeats) report.warnings.push(repeatWarning(repeat, catalog));
  const layouts = new Map<string, number>();
  const remarks = new Map<string, number>();
  for (const usage of ['train', 'validate', 'test', 'predict'] as const) {
    const rows = catalog[usage];
    report.facts.push([usage, `${rows.length} chip${rows.length === 1 ? '' : 's'}`]);
    if (rows.length === 0) continue;
    const checked = someChips(rows, CHECKED);
    const faults: string[] = [];
    for (const { images } of checked) {
      try {
        const headers = await Promise.all(images.map((image) => readChipHeader(image, { dataPath: data })));
        const layout = layoutOf(headers, images, inputBands);
        layouts.set(layout, (layouts.get(layout) ?? 0) + 1);
        for (const remark of new Set(headers.flatMap((header) => header.remarks)))
          remarks.set(remark, (remarks.get(remark) ?? 0) + 1);
      } catch (error) {
        faults.push((error as Error).message);
      }
    }
    if (faults.length === 0) continue;
    const of = checked.length < rows.length ? `${checked.length} that were looked at` : `${checked.length}`;
    report.warnings.push(
      `${faults.length} of ${of} ${usage} chips cannot be ${inputBands ? 'taken' : 'read'}, the first: ${faults[0]}`,
    );
  }
  const [most, ...others] = [...layouts].sort(([, a], [, b]) => b - a);
  if (most) {
    const [common, count] = most;
    report.facts.push(['chips', `${common}${others.length > 0 ? ` (${count} of them)` : ''}`]);
  }
  for (const [layout, few] of others.slice(0, 3)) {
    report.warnings.push(`${few} of the chips that were looked at ${few === 1 ? 'is' : 'are'} ${layout}.`);
  }
  for (const [remark, count] of remarks)
    report.warnings.push(`Of ${count} of the chips looked at: ${remark}`);
  if (catalog.train.length === 0)
    report.warnings.push("No row has usage 'train': there is nothing to train on.");
  if (catalog.validate.length === 0)
    report.warnings.push("No row has usage 'validate': no loss would be validated.");
  return report;
}

/** Size, bands and types of a chip, all its rasters together; of chosen bands the names, whatever their places. */
function layoutOf(
  headers: readonly ChipHeader[],
  images: readonly string[],
  inputBands: readonly string[] | undefined,
): string {
  const sizes = [...new Set(headers.map(({ height, width }) => `${height} × ${width}`))].join(' and ');
  const types = [...new Set(headers.map(({ dtype }) => dtype))].join(' and ');
  const names = headers.flatMap(({ bands, bandNames }) =>
    Array.from({ length: bands }, (_, band) => bandNames?.[band]),
  );
  const shape = `${sizes} pixels, ${names.length} bands of ${types}`;
  if (inputBands) {
    const numbers = findBands(headers, selectionOf(inputBands), `--input-bands, ${images.join(' + ')}`);
    return `${shape}; taken: ${numbers.map((number) => names[number - 1] ?? `band ${number}`).join(', ')}`;
  }
  return names.some(Boolean)
    ? `${shape}: ${names.map((name, i) => bandText(i + 1, name)).join(', ')}`
    : shape;
}
