/** Pixel types that GeoTIFF chips may have. */
export type PixelArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Name of a pixel type, as GDAL and numpy write it. */
export type PixelType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

/** Affine transform of rasterio's order [a, b, c, d, e, f]: x = a·column + b·row + c, y = d·column + e·row + f. */
export type AffineTransform = [number, number, number, number, number, number];

/** Red, green and blue, integers from 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** A part of a raster, in pixels. */
export interface PixelWindow {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** What to read of a raster: a window, or at most [height, width] pixels around its centre. */
export type RasterPart = readonly [height: number, width: number] | PixelWindow;

/** Kind of a coordinate reference system. */
export type CrsKind = 'geographic' | 'projected';

/** Size, layout and georeferencing of a GeoTIFF: what its header says. */
export interface GeoTiffInfo {
  width: number;
  height: number;
  bands: number;
  dtype: PixelType;
  /** Value that marks missing pixels (may be NaN), or null: as GDAL takes it, so null where the type cannot hold it. */
  nodata: number | null;
  /** Code of the coordinate reference system, or null. */
  epsg: number | null;
  /** Whether coordinates are degrees (geographic) or lengths (projected), or null where the file does not say. */
  crsKind: CrsKind | null;
  /** From pixel corners to coordinates of the reference system, or null. */
  transform: AffineTransform | null;
  /** The band that is the image's alpha, counted from 0, or null. */
  alphaBand: number | null;
  /** Descriptions of the bands, null for one without, or null where the file names none. */
  bandNames: (string | null)[] | null;
  /** A value stands for `offset + scale * value`: one a band, or null where the file has no such tag. Not applied. */
  scales: number[] | null;
  offsets: number[] | null;
}

/** A decoded GeoTIFF: pixel values in their own type, height × width × bands, the band changing fastest. */
export interface GeoTiff extends GeoTiffInfo {
  data: PixelArray;
  /**
   * A byte a value, in the order of `data`: 0 where GDAL's mask of the band counts the value as missing, else 1; null
   * where none is missing. Values that are not finite count as valid here unless the file says otherwise.
   */
  valid: Uint8Array | null;
}

/** The type name of a pixel array. */
export function pixelTypeOf(data: PixelArray): PixelType {
  return data.constructor.name.replace(/Array$/, '').toLowerCase() as PixelType;
}
