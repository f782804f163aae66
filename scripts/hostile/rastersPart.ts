import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib/root.js';
import { runCommand } from '../lib/runCommand.js';
import { compareRaster, type ExpectedRaster } from './compareRaster.js';
import type { HostilePart } from './HostilePart.js';
import { refusedLayouts } from './refusedLayouts.js';

/** At least this share of the files has to be read. */
const LEAST_READ = 0.9;

/**
 * Has GDAL write a matrix of GeoTIFFs and compares what `decodeGeoTiff` reads of each with what GDAL reads. Nothing may
 * differ; what is refused says how to convert the file and stands in docs/reliability.md.
 */
export const rastersPart: HostilePart = async ({ python, folder, seed, count, only }) => {
  const args = ['--out', folder, '--seed', String(seed), '--count', String(count)];
  const script = path.join(root, 'scripts/hostile/rasters.py');
  runCommand(python, [script, ...args, ...(only ? ['--only', only] : [])], root);
  const { files, gdal, unwritten } = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8'));
  if (files.length === 0) return [`no file was written${only ? `: there is no ${only}` : ''}`];
  const documented = refusedLayouts();
  const problems: string[] = [];
  const refused = new Map<string, string[]>();
  let equal = 0;
  for (const expected of files as ExpectedRaster[]) {
    const { name, layout } = expected;
    const { kind, message } = await compareRaster(folder, expected);
    if (kind === 'equal') equal++;
    else if (kind === 'different') problems.push(`${name} (${layout}): ${message}`);
    else {
      const row = documented.find(({ matches }) => matches(message));
      if (!row)
        problems.push(`${name} (${layout}): refused, which docs/reliability.md does not say: ${message}`);
      const reason = row?.layout ?? 'no documented reason';
      refused.set(reason, [...(refused.get(reason) ?? []), name]);
      if (!/gdal_translate .*\S/.test(message))
        problems.push(`${name} (${layout}): no gdal_translate line: ${message}`);
    }
  }
  const share = equal / files.length;
  if (share < LEAST_READ && !only) problems.push(`${(100 * share).toFixed(1)} % are read, less than 90 %`);
  const refusals = [...refused.values()].flat().length;
  const different = files.length - equal - refusals;
  console.log(
    `rasters: ${files.length} files by GDAL ${gdal}, seed ${seed}: ${equal} equal (${(100 * share).toFixed(1)} %), ` +
      `${refusals} refused, ${different} different; ${unwritten} that GDAL does not write or read itself`,
  );
  for (const [reason, names] of [...refused].sort((a, b) => b[1].length - a[1].length))
    console.log(`  ${names.length} refused: ${reason} (${names[0]})`);
  return problems;
};
