import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { decodeGeoTiff } from '../../src/data/decodeGeoTiff.js';
import { encodeGeoTiff } from '../../src/data/encodeGeoTiff.js';
import { root } from '../lib/root.js';
import { runCommand } from '../lib/runCommand.js';
import type { HostilePart } from './HostilePart.js';

const script = path.join(root, 'scripts/hostile/epsg.py');

/**
 * Writes a raster for each two-dimensional system of the EPSG registry that GDAL knows and compares the system that
 * GDAL reads with the one of a file of its own; every other code has to be refused.
 */
export const epsgPart: HostilePart = async ({ python, folder, only }) => {
  const codes = new Set<number>(JSON.parse(runCommand(python, [script, 'list'], folder)));
  const problems: string[] = [];
  const image = { width: 1, height: 1, bands: 1, data: new Uint8Array(1) };
  let refused = 0;
  for (let epsg = 1024; epsg < 32767; epsg++) {
    if (only !== undefined && only !== String(epsg)) continue;
    try {
      const file = encodeGeoTiff({ ...image, epsg, transform: [1, 0, 0, 0, -1, 1] });
      writeFileSync(path.join(folder, `${epsg}.tif`), file);
      const read = await decodeGeoTiff(file);
      if (read.epsg !== epsg) problems.push(`EPSG:${epsg} is read here as ${read.epsg}`);
    } catch (error) {
      refused++;
      const { message } = error as Error;
      if (!message.startsWith(`encodeGeoTiff: epsg is ${epsg};`)) problems.push(`EPSG:${epsg}: ${message}`);
      if (codes.has(epsg)) problems.push(`EPSG:${epsg} is refused; GDAL knows it (see scripts/epsgRuns.py)`);
    }
  }
  const checked = JSON.parse(runCommand(python, [script, 'check', folder], folder));
  problems.push(...checked.problems);
  console.log(
    `epsg: ${codes.size} systems, ${checked.same} read by GDAL as of its own files (${checked.itself} as they are), ` +
      `${refused} codes refused`,
  );
  return problems;
};
