import { stat } from 'node:fs/promises';
import { findBands, type GeoTiffInfo } from 'diffusion-ssl/data';
import { openRaster } from 'diffusion-ssl/data/node';
import { GlobalStatistics, type Raster } from 'diffusion-ssl/normalization';
import { selectionOf } from '../data/inputBands.js';
import { bandText } from './bandText.js';
import { type Report, shortNumber } from './Report.js';

/** Largest file whose pixels are read; of a larger one, and of an address, the header is. */
const MAX_BYTES = 2 ** 28;

/**
 * What is in a GeoTIFF, PNG or JPEG, by path or http(s) address: size, bands, georeferencing, and the values of each
 * band.
 *
 * @param inputBands The bands to look at, numbers from 1 on and names; default: all.
 */
export async function inspectChip(image: string, inputBands?: readonly string[]): Promise<Report> {
  const raster = await openRaster(image);
  try {
    const { info, format, remarks } = raster;
    const { width, height, bands, dtype, nodata, alphaBand, scales, offsets, bandNames } = info;
    const all = Array.from({ length: bands }, (_, band) => band + 1);
    const numbers = inputBands ? findBands([info], selectionOf(inputBands), `--input-bands, ${image}`) : all;
    const textOf = (number: number) => bandText(number, bandNames?.[number - 1]);
    const report: Report = {
      title: `${image}: ${format} of ${height} × ${width} pixels, ${bands} band${bands > 1 ? 's' : ''} of ${dtype}`,
      facts: [
        ['nodata', nodata === null ? 'none' : String(nodata)],
        ['alpha', alphaBand === null ? 'none' : `band ${textOf(alphaBand + 1)}`],
      ],
      warnings: [...remarks],
    };
    if (scales || offsets) {
      report.facts.push(
        ['scale', (scales ?? []).join(', ') || '1'],
        ['offset', (offsets ?? []).join(', ') || '0'],
      );
    }
    const isAddress = /^https?:/.test(image);
    if (isAddress || (await stat(image)).size > MAX_BYTES) {
      const why = isAddress ? 'an address' : `over ${MAX_BYTES / 2 ** 20} MiB`;
      report.facts.push(['bands', numbers.map(textOf).join(', ')], ['values', `not read: ${why}`]);
      return report;
    }
    report.facts.push(...placeOf(info));
    const { data, valid } = await raster.read(undefined, inputBands && { bands: numbers });
    numbers.forEach((number, k) => {
      const values = new Float32Array(width * height);
      for (let i = 0; i < values.length; i++) {
        const at = i * numbers.length + k;
        values[i] = valid?.[at] === 0 ? Number.NaN : data[at];
      }
      describeBand({ height, width, channels: 1, data: values }, textOf(number), report);
    });
    if (height % 32 !== 0 || width % 32 !== 0) {
      report.warnings.push(
        `${height} × ${width} pixels are no multiple of 32 · --patch-size, which the network needs: ` +
          '--size crops or pads.',
      );
    }
    return report;
  } finally {
    raster.close();
  }
}

/** Adds what the values of a band are. @param raster NaN where they are missing. */
function describeBand(raster: Raster, band: string, report: Report): void {
  const { data } = raster;
  const count = data.reduce((sum: number, value) => sum + (Number.isFinite(value) ? 1 : 0), 0);
  if (count === 0) {
    report.facts.push([`band ${band}`, 'no valid pixel']);
    report.warnings.push(`Band ${band} has no valid pixel.`);
    return;
  }
  const summary = new GlobalStatistics({ channels: 1 }).add(raster).summary();
  const [min, max, mean, deviation] = [summary.min, summary.max, summary.mean, summary.std].map(([value]) =>
    shortNumber(value),
  );
  const share = shortNumber((100 * count) / data.length);
  const range = `${min} to ${max}, mean ${mean}, deviation ${deviation}`;
  report.facts.push([`band ${band}`, `${range}; ${share} % valid`]);
  if (min === max) report.warnings.push(`Band ${band} has the same value everywhere.`);
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
