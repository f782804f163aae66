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

/** Size, layout and georeferencing of a GeoTIFF: what its header says. */
export interface GeoTiffInfo {
  width: number;
  height: number;
  bands: number;
  dtype: PixelType;
  /** Value that marks missing pixels (may be NaN), or null. */
  nodata: number | null;
  /** Code of the coordinate reference system, or null. */
  epsg: number | null;
  /** From pixel corners to coordinates of the reference system, or null. */
  transform: AffineTransform | null;
}

/** A decoded GeoTIFF: pixel values in their own type, height × width × bands, the band changing fastest. */
export interface GeoTiff extends GeoTiffInfo {
  data: PixelArray;
}

/** The type name of a pixel array. */
export function pixelTypeOf(data: PixelArray): PixelType {
  return data.constructor.name.replace(/Array$/, '').toLowerCase() as PixelType;
}
