import type { GeoTiff, GeoTiffInfo, RasterPart } from '../geoTiffTypes.js';
import type { PixelDecoder } from '../loadPixelDecoder.js';
import type { BlockCache } from '../tiff/BlockCache.js';

/** Formats of rasters that are read. */
export type RasterFormat = 'GeoTIFF' | 'PNG' | 'JPEG';

/** How an opened image's pixels are read. */
export interface ReadOptions {
  decoder: PixelDecoder;
  /** Default: all. */
  part?: RasterPart;
  /** Bands that are read, from 0, in their order; an alpha band that is none of them masks them. Default: all. */
  bands?: readonly number[];
  /** Largest part read, in bytes as float32, or float64 where the file's values are. */
  maxBytes?: number;
  /** Keeps strips and tiles from one call to the next, under a name that no other file has there. */
  blocks?: { cache: BlockCache; file: string };
}

/** An image whose header has been read. */
export interface OpenImage {
  format: RasterFormat;
  info: GeoTiffInfo;
  /** What is worth knowing of its values, a sentence each. */
  remarks: readonly string[];
  read(options: ReadOptions): Promise<GeoTiff>;
  /** Bytes that tell this file from one of other content, without reading all of a large one. */
  fingerprint(): Promise<Uint8Array[]>;
}
