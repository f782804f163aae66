import type { AffineTransform, CrsKind } from '../geoTiffTypes.js';
import type { TiffDirectory } from './TiffDirectory.js';

const MODEL_TYPE = 1024;
const RASTER_TYPE = 1025;
const GEOGRAPHIC_TYPE = 2048;
const PROJECTED_TYPE = 3072;
const PIXEL_IS_POINT = 2;
/** From here on codes are private, or say that the system is described by other keys. */
const FIRST_PRIVATE = 32767;

/** What a directory says of where on Earth its pixels are. */
export interface GeoReference {
  epsg: number | null;
  crsKind: CrsKind | null;
  transform: AffineTransform | null;
}

/** Reads the tags of OGC GeoTIFF 1.1. */
export function geoReference(directory: TiffDirectory): GeoReference {
  const keys = geoKeys(directory);
  const transform = transformOf(directory, keys.get(RASTER_TYPE) === PIXEL_IS_POINT);
  // Of several tie points without a scale the system is theirs, not the image's.
  if (!transform && directory.has('modelTiepoint')) return { epsg: null, crsKind: null, transform };
  const code = keys.get(PROJECTED_TYPE) ?? keys.get(GEOGRAPHIC_TYPE);
  const epsg = code !== undefined && code > 0 && code < FIRST_PRIVATE ? code : null;
  const model = keys.get(MODEL_TYPE);
  const crsKind = model === 1 ? 'projected' : model === 2 ? 'geographic' : null;
  return { epsg, crsKind, transform };
}

/** The keys whose value is a short integer. */
function geoKeys(directory: TiffDirectory): Map<number, number> {
  const keys = new Map<number, number>();
  const values = directory.integers('geoKeys') ?? [];
  for (let i = 4; i + 4 <= values.length; i += 4) {
    const [key, location, , value] = values.slice(i, i + 4);
    if (location === 0) keys.set(key, value);
  }
  return keys;
}

function transformOf(directory: TiffDirectory, pixelIsPoint: boolean): AffineTransform | null {
  const scale = directory.doubles('modelPixelScale');
  const tie = directory.doubles('modelTiepoint');
  const matrix = directory.doubles('modelTransformation');
  let [a, b, c, d, e, f]: AffineTransform = [1, 0, 0, 0, 1, 0];
  if (scale && tie && scale.length >= 2 && tie.length >= 6 && scale[0] !== 0 && scale[1] !== 0) {
    [a, e] = [scale[0], -Math.abs(scale[1])];
    [c, f] = [tie[3] - tie[0] * a, tie[4] - tie[1] * e];
  } else if (matrix?.length === 16) {
    [a, b, c, d, e, f] = [matrix[0], matrix[1], matrix[3], matrix[4], matrix[5], matrix[7]];
  } else {
    return null;
  }
  return pixelIsPoint ? [a, b, c - (a + b) / 2, d, e, f - (d + e) / 2] : [a, b, c, d, e, f];
}
