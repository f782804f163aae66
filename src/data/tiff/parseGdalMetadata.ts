/** What of GDAL's metadata tag matters for values and bands. */
export interface GdalMetadata {
  /** By band; 1 and 0 where none is given. */
  scales: number[] | null;
  offsets: number[] | null;
  /** The bands' descriptions; null where there is none. */
  bandNames: (string | null)[] | null;
  /** A value a band: a pixel is missing where every band has its own. */
  nodataValues: string | null;
}

const ITEM = /<Item\s([^>]*)>([^<]*)<\/Item>/g;
const ATTRIBUTE = /([\w:]+)\s*=\s*"([^"]*)"/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Reads the items of a GDAL_METADATA tag (XML of one level, as GDAL writes it). */
export function parseGdalMetadata(xml: string | undefined, bands: number): GdalMetadata {
  const found: GdalMetadata = { scales: null, offsets: null, bandNames: null, nodataValues: null };
  for (const [, attributes, text] of xml?.matchAll(ITEM) ?? []) {
    const { name, sample, role, domain } = Object.fromEntries(
      [...attributes.matchAll(ATTRIBUTE)].map(([, key, value]) => [key, value]),
    );
    const band = Number(sample);
    const ofBand = Number.isInteger(band) && band >= 0 && band < bands;
    const value = Number(text);
    if (ofBand && role === 'scale' && value !== 1) {
      found.scales ??= new Array<number>(bands).fill(1);
      found.scales[band] = value;
    } else if (ofBand && role === 'offset' && value !== 0) {
      found.offsets ??= new Array<number>(bands).fill(0);
      found.offsets[band] = value;
    } else if (ofBand && role === 'description' && text.trim() !== '') {
      found.bandNames ??= new Array<string | null>(bands).fill(null);
      // GDAL escapes what it writes twice.
      found.bandNames[band] = unescapeXml(unescapeXml(text)).trim();
    } else if (name === 'NODATA_VALUES' && sample === undefined && !domain) found.nodataValues = text.trim();
  }
  return found;
}

function unescapeXml(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name: string) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined;
    if (code === undefined) return ENTITIES[name] ?? whole;
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
