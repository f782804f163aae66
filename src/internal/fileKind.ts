import { textKind } from './textKind.js';

/** What a file turned out to be that is not of the wanted format. */
export interface FileKind {
  /** With its article: `'a PNG image'`. */
  what: string;
  /** `raster`: GDAL reads it; `datasets`: GDAL reads its datasets one by one; `weights`: they are a network's. */
  family: 'raster' | 'datasets' | 'weights' | 'other';
  /** Usual suffix of the format. */
  suffix: string;
  /** What to do, where that does not depend on what was wanted. */
  remedy?: string;
}

type Row = readonly [mark: string, what: string, family: FileKind['family'], suffix: string, remedy?: string];

const TIFF = ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'];
const HDF5 = '\x89HDF\r\n\x1a\n';

/** By their first bytes, one character a byte. */
const MARKS: readonly Row[] = [
  ['\x89PNG\r\n\x1a\n', 'a PNG image', 'raster', 'png'],
  ['\xff\xd8\xff', 'a JPEG image', 'raster', 'jpg'],
  ['GIF8', 'a GIF image', 'raster', 'gif'],
  ['\0\0\0\x0cjP  \r\n\x87\n', 'a JPEG 2000 image', 'raster', 'jp2'],
  ['\xff\x4f\xff\x51', 'a JPEG 2000 codestream', 'raster', 'j2k'],
  ['GRIB', 'a GRIB file', 'raster', 'grib'],
  ['EHFA_HEADER_TAG', 'an ERDAS Imagine raster', 'raster', 'img'],
  ['NITF0', 'an NITF image', 'raster', 'ntf'],
  ['NSIF0', 'an NITF image', 'raster', 'ntf'],
  ['SIMPLE  =', 'a FITS file', 'raster', 'fits'],
  ['PCIDSK  ', 'a PCIDSK raster', 'raster', 'pix'],
  [HDF5, 'an HDF5 file (as NetCDF-4 files and Keras weights are)', 'datasets', 'h5'],
  ['CDF\x01', 'a NetCDF file', 'datasets', 'nc'],
  ['CDF\x02', 'a NetCDF file', 'datasets', 'nc'],
  ['CDF\x05', 'a NetCDF file', 'datasets', 'nc'],
  ['\x0e\x03\x13\x01', 'an HDF4 file', 'datasets', 'hdf'],
  ['\x1f\x8b', 'a gzip archive', 'other', 'gz', 'unpack it: gzip -dc in.gz > out'],
  ['\x28\xb5\x2f\xfd', 'a zstd archive', 'other', 'zst', 'unpack it: zstd -dc in.zst > out'],
  ['BZh', 'a bzip2 archive', 'other', 'bz2', 'unpack it: bzip2 -dc in.bz2 > out'],
  ['\xfd7zXZ\0', 'an xz archive', 'other', 'xz', 'unpack it: xz -dc in.xz > out'],
  ['\x04\x22\x4d\x18', 'an lz4 archive', 'other', 'lz4', 'unpack it: lz4 -dc in.lz4 > out'],
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive', 'other', '7z', 'unpack it: 7z x in.7z'],
  ['Rar!\x1a\x07', 'a RAR archive', 'other', 'rar', 'unpack it: unrar x in.rar'],
  ['\x93NUMPY', 'a NumPy array', 'other', 'npy'],
  ['PAR1', 'a Parquet table', 'other', 'parquet'],
  ['ARROW1', 'an Arrow table', 'other', 'arrow'],
  ['%PDF-', 'a PDF document', 'other', 'pdf'],
  ['\0\0\x27\x0a', 'an ESRI shapefile', 'other', 'shp'],
  ['GGUF', 'a GGUF file (of a language model)', 'weights', 'gguf'],
  ['\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19', 'a PyTorch checkpoint', 'weights', 'pth'],
  ['\x80\x02', 'a Python pickle', 'weights', 'pkl'],
  ['\x80\x03', 'a Python pickle', 'weights', 'pkl'],
  ['\x80\x04', 'a Python pickle', 'weights', 'pkl'],
  ['\x80\x05', 'a Python pickle', 'weights', 'pkl'],
  ['\0\x05\x16\x07', "macOS' file of attributes of another (named ._…)", 'other', '', 'delete it'],
];

/**
 * What a file is that is not what was wanted, by its first bytes.
 *
 * @param head The file's first bytes: a kilobyte is enough, fewer tell less.
 * @returns Undefined for a TIFF, for no bytes, and for what is not known.
 */
export function fileKind(head: Uint8Array): FileKind | undefined {
  const bytes = head.subarray(0, 1024);
  const start = String.fromCharCode(...bytes);
  if (TIFF.some((mark) => start.startsWith(mark) || mark.startsWith(start))) return undefined;
  // A length of 64 bits, which may look like another's mark, then JSON.
  if (start.startsWith('\0\0\0\0{', 4))
    return { what: 'a safetensors file of weights', family: 'weights', suffix: 'safetensors' };
  const row = MARKS.find(([mark]) => start.startsWith(mark)) ?? zip(start) ?? further(start);
  if (!row) return textKind(bytes);
  const [, what, family, suffix, remedy] = row;
  return { what, family, suffix, remedy };
}

/** Formats packed as ZIP are known by the name of the first file in it. */
function zip(start: string): Row | undefined {
  if (!['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'].some((mark) => start.startsWith(mark))) return undefined;
  const names = start.slice(30);
  if (/^[^/]+\/(data\.pkl|constants\.pkl|byteorder|version|code\/)/.test(names))
    return ['', 'a PyTorch checkpoint', 'weights', 'pth'];
  if (/^[^/]{1,200}\.npy/.test(names)) return ['', 'an archive of NumPy arrays', 'other', 'npz'];
  if (names.startsWith('metadata.json') && start.includes('keras'))
    return ['', 'a Keras model', 'weights', 'keras'];
  return ['', 'a ZIP archive', 'other', 'zip', 'unpack it: unzip in.zip'];
}

/** Formats whose mark is elsewhere than at the start. */
function further(start: string): Row | undefined {
  const at = (position: number, mark: string) => start.startsWith(mark, position);
  if (/^\0{8,}$/.test(start))
    return ['', 'nothing but zeros (it was never written)', 'other', '', 'copy or download it again'];
  if (at(0, 'RIFF') && at(8, 'WEBP')) return ['', 'a WebP image', 'raster', 'webp'];
  if (at(4, 'ftyp')) return ['', 'an HEIF image or MP4 film', 'raster', 'heif'];
  if (at(0, 'BM') && at(6, '\0\0\0\0')) return ['', 'a BMP image', 'raster', 'bmp'];
  if (at(512, HDF5)) return ['', 'an HDF5 file', 'datasets', 'h5'];
  if (at(257, 'ustar')) return ['', 'a tar archive', 'other', 'tar', 'unpack it: tar xf in.tar'];
  if (at(0, 'SQLite format 3\0'))
    return at(68, 'GPKG')
      ? ['', 'a GeoPackage', 'datasets', 'gpkg']
      : ['', 'an SQLite database', 'other', 'sqlite'];
  if (at(4, 'TFL3')) return ['', 'a TensorFlow Lite model', 'weights', 'tflite'];
  if (at(0, '\x08') && at(2, '\x12') && /^\w{4}/.test(start.slice(4)))
    return ['', 'an ONNX model', 'weights', 'onnx'];
  return undefined;
}
