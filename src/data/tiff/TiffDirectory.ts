/** Bytes of a value of each TIFF type; types that are not listed are unknown. */
export const BYTES_OF_TYPE: Readonly<Record<number, number>> = {
  1: 1, // BYTE
  2: 1, // ASCII
  3: 2, // SHORT
  4: 4, // LONG
  5: 8, // RATIONAL
  6: 1, // SBYTE
  7: 1, // UNDEFINED
  8: 2, // SSHORT
  9: 4, // SLONG
  10: 8, // SRATIONAL
  11: 4, // FLOAT
  12: 8, // DOUBLE
  13: 4, // IFD
  16: 8, // LONG8
  17: 8, // SLONG8
  18: 8, // IFD8
};

/** The tags that are read, with their names. */
export const TAGS = {
  subfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  bands: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  modelPixelScale: 33550,
  modelTiepoint: 33922,
  modelTransformation: 34264,
  geoKeys: 34735,
  gdalMetadata: 42112,
  gdalNodata: 42113,
  lercParameters: 50674,
} as const;

/** Name of a tag that is read. */
export type TagName = keyof typeof TAGS;

/** A tag's value as it stands in the file. */
export interface TiffValue {
  type: number;
  count: number;
  bytes: Uint8Array;
}

/** One image file directory of a TIFF: the values of its tags. */
export class TiffDirectory {
  constructor(
    readonly littleEndian: boolean,
    private readonly values: ReadonlyMap<number, TiffValue>,
  ) {}

  /** Whether the tag is there. */
  has(tag: TagName): boolean {
    return this.values.has(TAGS[tag]);
  }

  /**
   * The values of a tag of an unsigned integer type.
   *
   * @throws If it has another type or a value beyond 2^53.
   */
  integers(tag: TagName): number[] | undefined {
    const value = this.values.get(TAGS[tag]);
    // A tag without a value counts as absent, as in libtiff.
    if (!value || value.count === 0) return undefined;
    const { type, count } = value;
    const view = viewOf(value);
    const { littleEndian } = this;
    const out = new Array<number>(count);
    if (type === 3) for (let i = 0; i < count; i++) out[i] = view.getUint16(2 * i, littleEndian);
    else if (type === 4) for (let i = 0; i < count; i++) out[i] = view.getUint32(4 * i, littleEndian);
    else if (type === 1) for (let i = 0; i < count; i++) out[i] = view.getUint8(i);
    else if (type === 16) {
      for (let i = 0; i < count; i++) out[i] = Number(view.getBigUint64(8 * i, littleEndian));
    } else throw new Error(`its tag ${nameOf(tag)} is of type ${type}, which is no unsigned integer.`);
    const large = type === 16 ? out.find((one) => !Number.isSafeInteger(one)) : undefined;
    if (large !== undefined) throw new Error(`its tag ${nameOf(tag)} has the value ${large}.`);
    return out;
  }

  /** The only or first value of a tag of an integer type, or `missing`. */
  integer(tag: TagName, missing: number): number {
    return this.integers(tag)?.[0] ?? missing;
  }

  /** The values of a tag of type DOUBLE. */
  doubles(tag: TagName): number[] | undefined {
    const value = this.values.get(TAGS[tag]);
    if (value?.type !== 12) return undefined;
    const view = viewOf(value);
    return Array.from({ length: value.count }, (_, i) => view.getFloat64(8 * i, this.littleEndian));
  }

  /** The text of a tag up to its first zero character; some writers call it bytes. */
  text(tag: TagName, encoding: 'latin1' | 'utf-8' = 'latin1'): string | undefined {
    const value = this.values.get(TAGS[tag]);
    if (!value || BYTES_OF_TYPE[value.type] !== 1) return undefined;
    const end = value.bytes.indexOf(0);
    const bytes = end < 0 ? value.bytes : value.bytes.subarray(0, end);
    // A decoder takes longer to make than a number's few bytes to read.
    const isShort = bytes.length < 64 && encoding === 'latin1';
    return isShort ? String.fromCharCode(...bytes) : new TextDecoder(encoding).decode(bytes);
  }

  /** The bytes of a tag. */
  bytes(tag: TagName): Uint8Array | undefined {
    return this.values.get(TAGS[tag])?.bytes;
  }
}

function viewOf({ bytes }: TiffValue): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A tag's name as the TIFF specification writes it, nearly: `stripOffsets` is StripOffsets. */
function nameOf(tag: TagName): string {
  return `${tag[0].toUpperCase()}${tag.slice(1)}`;
}
