import { readFile, stat } from 'node:fs/promises';
import { decodeGeoTiff, type GeoTiffInfo } from 'diffusion-ssl/data';
import { readChipHeader } from 'diffusion-ssl/data/node';
import { GlobalStatistics } from 'diffusion-ssl/normalization';
import { type Report, shortNumber } from './Report.js';

/** Largest file whose pixels are read; of a larger one, and of an address, the header is. */
const MAX_BYTES = 2 ** 28;

/** What is in a GeoTIFF, by path or http(s) address: size, bands, georeferencing, and the values of each band. */
export async function inspectChip(image: string): Promise<Report> {
  const isAddress = /^https?:/.test(image);
  const header = await readChipHeader(image);
  const { width, height, bands, dtype, nodata, alphaBand, scales, offsets } = header;
  const report: Report = {
    title: `${image}: GeoTIFF of ${height} × ${width} pixels, ${bands} band${bands > 1 ? 's' : ''} of ${dtype}`,
    facts: [
      ['nodata', nodata === null ? 'none' : String(nodata)],
      ['alpha', alphaBand === null ? 'none' : `band ${alphaBand}`],
    ],
    warnings: [],
  };
  if (scales || offsets) {
    report.facts.push(
      ['scale', (scales ?? []).join(', ') || '1'],
      ['offset', (offsets ?? []).join(', ') || '0'],
    );
  }
  if (isAddress || (await stat(image)).size > MAX_BYTES) {
    report.facts.push([
      'values',
      `not read: ${isAddress ? 'an address' : `over ${MAX_BYTES / 2 ** 20} MiB`}`,
    ]);
    return report;
  }
  const { valid, data, ...info } = await decodeGeoTiff(await readFile(image));
  report.facts.push(...placeOf(info));
  for (let band = 0; band < bands; band++) {
    const values = new Float32Array(width * height);
    let count = 0;
    for (let i = 0; i < values.length; i++) {
      const at = i * bands + band;
      values[i] = valid?.[at] === 0 ? Number.NaN : data[at];
      if (Number.isFinite(values[i])) count++;
    }
    if (count === 0) {
      report.facts.push([`band ${band}`, 'no valid pixel']);
      report.warnings.push(`Band ${band} has no valid pixel.`);
      continue;
    }
    const statistics = new GlobalStatistics({ channels: 1 }).add({
      height,
      width,
      channels: 1,
      data: values,
    });
    const { min: mins, max: maxs, mean: means, std } = statistics.summary();
    const [min, max, mean, deviation] = [mins, maxs, means, std].map(([value]) => shortNumber(value));
    const share = shortNumber((100 * count) / values.length);
    const range = `${min} to ${max}, mean ${mean}, deviation ${deviation}`;
    report.facts.push([`band ${band}`, `${range}; ${share} % valid`]);
    if (min === max) report.warnings.push(`Band ${band} has the same value everywhere.`);
  }
  if (height % 32 !== 0 || width % 32 !== 0) {
    report.warnings.push(
      `${height} × ${width} pixels are no multiple of 32 · --patch-size, which the network needs: ` +
        '--size crops or pads.',
    );
  }
  return report;
}

function placeOf({ epsg, crsKind, transform }: GeoTiffInfo): Report['facts'] {
  const facts: Report['facts'] = [
    ['system', epsg === null ? (crsKind ?? 'none') : `EPSG:${epsg}${crsKind ? `, ${crsKind}` : ''}`],
  ];
  if (transform) {
    const [a, b, c, d, e, f] = transform.map(shortNumber);
    const unit = crsKind === 'geographic' ? ' degrees' : '';
    facts.push(['upper left', `${c}, ${f}`]);
    facts.push(
      b === '0' && d === '0' ? ['pixel', `${a} × ${e}${unit}`] : ['transform', [a, b, c, d, e, f].join(', ')],
    );
  }
  return facts;
}
