import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type AugmentationStep, compose } from '../../augmentation/compose.js';
import type { Raster } from '../../internal/raster.js';
import { randomStreams } from '../../internal/streams.js';
import { type ChipOptions, checkRasters, decodeChip } from '../decodeChip.js';
import { geoTiffError, readGeoTiffInfo } from '../decodeGeoTiff.js';
import type { GeoTiffInfo } from '../geoTiffTypes.js';

/** What a reader of chips needs to know: plain data, so that it can be sent to a worker thread. */
export interface ChipReaderSettings {
  dataPath: string;
  chip: ChipOptions;
  augmentation: readonly AugmentationStep[];
  seed: number;
  /** Bytes of normalised chips kept in memory. */
  cacheBytes: number;
}

/** One chip to read: its place among the rows decides its random numbers. */
export interface ChipRequest {
  index: number;
  images: readonly string[];
}

/** Files up to this size are read whole to look at their header. */
const READ_WHOLE = 2 ** 20;

/** Reads, normalises and augments chips; keeps normalised ones while they fit the budget. */
export class ChipReader {
  private readonly cache = new Map<number, Raster>();
  private cached = 0;
  private readonly augment;

  constructor(private readonly settings: ChipReaderSettings) {
    this.augment = settings.augmentation.length > 0 ? compose(settings.augmentation) : undefined;
  }

  /** The chip as the network sees it in an epoch. Depends on (seed, epoch, index) and the files alone. */
  async read({ index, images }: ChipRequest, epoch: number): Promise<Raster> {
    const chip = this.cache.get(index) ?? this.keep(index, await this.decode(images));
    if (!this.augment) return chip;
    const stream = randomStreams.augmentation + index;
    return this.augment({ image: chip }, { seed: this.settings.seed, stream, step: epoch }).image;
  }

  /** Size of a chip's rasters from their headers. Throws when one is unreadable or the bands are not as configured. */
  async inspect({ images }: ChipRequest): Promise<[height: number, width: number]> {
    const files = images.map((image) => this.pathOf(image));
    const infos: GeoTiffInfo[] = [];
    for (const file of files) infos.push(await inspectFile(file));
    checkRasters(infos, files, this.settings.chip.channels);
    return [infos[0].height, infos[0].width];
  }

  private decode(images: readonly string[]): Promise<Raster> {
    const names = images.map((image) => this.pathOf(image));
    const files = names.map((name) => ({ name, bytes: readWhole(name) }));
    return decodeChip(files, this.settings.chip);
  }

  private keep(index: number, chip: Raster): Raster {
    if (this.cached + chip.data.byteLength <= this.settings.cacheBytes) {
      this.cache.set(index, chip);
      this.cached += chip.data.byteLength;
    }
    return chip;
  }

  private pathOf(image: string): string {
    return path.resolve(this.settings.dataPath, image);
  }
}

async function inspectFile(name: string): Promise<GeoTiffInfo> {
  const { size } = opened(name, () => statSync(name));
  if (size === 0) throw new Error(`${name}: the file is empty.`);
  const { fromArrayBuffer, fromFile } = await import('geotiff');
  try {
    const file = size <= READ_WHOLE ? await fromArrayBuffer(readWhole(name)) : await fromFile(name);
    try {
      return await readGeoTiffInfo(file, size, name);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof Error && error.message.startsWith(name) ? error : geoTiffError(name, error);
  }
}

/** Synchronous: the worker has nothing else to do, and small files come several times as fast. */
function readWhole(name: string): ArrayBuffer {
  const bytes = opened(name, () => readFileSync(name));
  const { buffer, byteOffset, byteLength } = bytes;
  return (
    buffer.byteLength === byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
  ) as ArrayBuffer;
}

function opened<T>(name: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw new Error(`${name}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
