export { type DecodeGeoTiffOptions, decodeGeoTiff } from './decodeGeoTiff.js';
export { encodeGeoTiff, type GeoTiffInput } from './encodeGeoTiff.js';
export type { AffineTransform, GeoTiff, GeoTiffInfo, PixelArray, PixelType } from './geoTiffTypes.js';
