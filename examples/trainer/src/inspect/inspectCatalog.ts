import path from 'node:path';
import { openCatalog, readChipHeader } from 'diffusion-ssl/data/node';
import { repeatWarning } from '../data/repeatWarning.js';
import { someChips } from '../data/someChips.js';
import type { Report } from './Report.js';

/** Chips of a split whose files are looked for and whose headers are read, at most. */
const CHECKED = 200;

/** Where its chips lie and which columns name them. */
export interface InspectCatalogOptions {
  /** Folder that the paths are relative to; default: the catalog's. */
  data?: string;
  imageColumns?: string[];
}

/** What is in a catalog, and what is wrong with a sample of its chips. */
export async function inspectCatalog(file: string, options: InspectCatalogOptions = {}): Promise<Report> {
  const { data = path.dirname(file), imageColumns } = options;
  const catalog = await openCatalog(file, { imageColumns });
  const report: Report = { title: `${file}: catalog of chips`, facts: [], warnings: [] };
  for (const repeat of catalog.repeats) report.warnings.push(repeatWarning(repeat, catalog));
  const layouts = new Map<string, number>();
  for (const usage of ['train', 'validate', 'test', 'predict'] as const) {
    const rows = catalog[usage];
    report.facts.push([usage, `${rows.length} chip${rows.length === 1 ? '' : 's'}`]);
    if (rows.length === 0) continue;
    const checked = someChips(rows, CHECKED);
    const faults: string[] = [];
    for (const { images } of checked) {
      try {
        const layout = await layoutOf(images, data);
        layouts.set(layout, (layouts.get(layout) ?? 0) + 1);
      } catch (error) {
        faults.push((error as Error).message);
      }
    }
    if (faults.length === 0) continue;
    const of = checked.length < rows.length ? `${checked.length} that were looked at` : `${checked.length}`;
    report.warnings.push(`${faults.length} of ${of} ${usage} chips cannot be read, the first: ${faults[0]}`);
  }
  const [most, ...others] = [...layouts].sort(([, a], [, b]) => b - a);
  if (most) {
    const [common, count] = most;
    report.facts.push(['chips', `${common}${others.length > 0 ? ` (${count} of them)` : ''}`]);
  }
  for (const [layout, few] of others.slice(0, 3)) {
    report.warnings.push(`${few} of the chips that were looked at ${few === 1 ? 'is' : 'are'} ${layout}.`);
  }
  if (catalog.train.length === 0)
    report.warnings.push("No row has usage 'train': there is nothing to train on.");
  if (catalog.validate.length === 0)
    report.warnings.push("No row has usage 'validate': no loss would be validated.");
  return report;
}

/** Size, bands and types of a chip, all its rasters together. */
async function layoutOf(images: readonly string[], dataPath: string): Promise<string> {
  const headers = await Promise.all(images.map((image) => readChipHeader(image, { dataPath })));
  const sizes = [...new Set(headers.map(({ height, width }) => `${height} × ${width}`))].join(' and ');
  const types = [...new Set(headers.map(({ dtype }) => dtype))].join(' and ');
  const bands = headers.reduce((sum, header) => sum + header.bands, 0);
  return `${sizes} pixels, ${bands} bands of ${types}`;
}
