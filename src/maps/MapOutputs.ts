import { geoTiffHeader } from '../data/geoTiffHeader.js';
import type { GeoTiffInfo, Rgb } from '../data/geoTiffTypes.js';
import type { MapSink } from './SceneWindow.js';

/** Where the parts of a map are written. */
export interface MapOutputSinks {
  /**
   * The most probable class, uint8; 255 where the scene has no pixel. The names of the classes are the description of
   * its band.
   */
  classes?: MapSink;
  /** One band a class, float32; NaN where the scene has no pixel. */
  probabilities?: MapSink;
  /** float32, from 0, the surer the smaller; NaN where the scene has no pixel. */
  uncertainty?: MapSink;
}

/** Rows of a map, row-major: the parts that are kept. */
export interface MapStrip {
  classes: Uint8Array;
  probabilities?: Float32Array;
  uncertainty?: Float32Array;
}

const PARTS = ['classes', 'probabilities', 'uncertainty'] as const;

/** The GeoTIFFs of a map, written strip after strip. */
export class MapOutputs {
  constructor(
    private readonly sinks: MapOutputSinks,
    private readonly scene: GeoTiffInfo,
    private readonly options: { classes: number | readonly string[]; colours?: readonly Rgb[] },
  ) {}

  /** Writes what comes before the pixels. */
  async begin(rowsPerStrip: number): Promise<void> {
    const { width, height, epsg, crsKind, transform } = this.scene;
    const { classes, colours } = this.options;
    const names = typeof classes === 'number' ? undefined : classes;
    const legend = names?.map((name, i) => `${i} ${name}`).join(', ');
    for (const part of PARTS) {
      const isClasses = part === 'classes';
      const ofClasses = part === 'probabilities';
      const header = geoTiffHeader('mapScene', {
        ...{ width, height, epsg, crsKind, transform, rowsPerStrip },
        bands: ofClasses ? (names?.length ?? (classes as number)) : 1,
        bandNames: ofClasses ? names : isClasses && legend ? [legend] : undefined,
        colours: isClasses ? colours : undefined,
        dtype: isClasses ? 'uint8' : 'float32',
        nodata: isClasses ? 255 : Number.NaN,
      });
      await this.sinks[part]?.write(header);
    }
  }

  /** Writes the next rows. */
  async write(strip: MapStrip): Promise<void> {
    for (const part of PARTS) {
      const values = strip[part];
      if (!values) continue;
      const { buffer, byteOffset, byteLength } = values;
      await this.sinks[part]?.write(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }

  /** All rows are written. */
  async close(): Promise<void> {
    for (const part of PARTS) await this.sinks[part]?.close();
  }

  /** No more will be; what an abort itself throws would hide why. */
  async abort(): Promise<void> {
    for (const part of PARTS) await this.sinks[part]?.abort().catch(() => undefined);
  }
}
