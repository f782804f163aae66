import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fileKind } from '../../src/internal/fileKind.js';
import { foreignRaster } from '../../src/internal/foreignRaster.js';

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const utf16 = (text: string) => Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le'));
const at = (position: number, mark: string) => bytes('x\0'.repeat(position).slice(0, position) + mark);
const zip = (name: string) => bytes(`PK\x03\x04${'\0'.repeat(26)}${name}`);
const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 123\n';

describe('foreignRaster', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['Git LFS', bytes(lfs), /^it is a Git LFS pointer.*; run 'git lfs pull'/],
    ['git-annex', bytes('/annex/objects/MD5E-s1--ab.tif\n'), /git-annex pointer.*; run 'git annex get'/],
    ['HTML', bytes('\n<!DOCTYPE HTML><html><body>404'), /an HTML page, as of an error.*download it again/],
    ['HTML by title', bytes('<!-- x --><html><title> Log in </title>'), /an HTML page titled “Log in”/],
    ['HTML in UTF-16', utf16('<html><body>login</body></html>'), /an HTML page/],
    ['XHTML', bytes('<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html>'), /an HTML page/],
    ['VRT', bytes('<VRTDataset rasterXSize="20">'), /a VRT.*gdal_translate in\.vrt out\.tif$/],
    ['VRT with a comment', bytes('<?xml version="1.0"?>\n<!-- <a> -->\n<VRTDataset>'), /a VRT/],
    [
      'error of a store',
      bytes('<?xml version="1.0"?><Error><Code>AccessDenied</Code>'),
      /AccessDenied.*again/,
    ],
    ['error of a service', bytes('<ows:ExceptionReport version="1">'), /error message of a server/],
    ['XML', bytes('<?xml version="1.0"?><PAMDataset>'), /an XML file of <PAMDataset>/],
    ['JSON of an error', bytes('{"detail": "Not authenticated"}'), /message of a server: “\{"detail": "Not/],
    ['JSON', bytes('{"a": 1}'), /a JSON text that begins with “\{"a": 1\}”/],
    ['GeoJSON', bytes('{"type": "FeatureCollection", "features": ['), /a GeoJSON file/],
    ['STAC', bytes('{"type": "Feature", "stac_version": "1.0.0"'), /a STAC item/],
    [
      'index of weights',
      bytes('{"metadata": {}, "weight_map": {'),
      /the index of weights.*weights are no chip/,
    ],
    ['ENVI', bytes('ENVI\ndescription = {x}'), /header of an ENVI raster.*gdal_translate in\.dat out\.tif$/],
    ['ASCII grid', bytes('ncols         4\nnrows 4'), /an ASCII grid/],
    ['text', bytes('\n404: Not\tFound\r\n'), /a text file that begins with “404: Not Found”/],
    ['text in UTF-16', utf16('image,usage\r\na.tif,train'), /a text file in UTF-16 that begins with “image,/],
    ['text in Latin-1', bytes('Seite f\xfcr Karten'), /a text file that begins with “Seite f/],
    ['long text', bytes('ab '.repeat(500)), /“(ab ){26}ab…”; /],
    ['ZIP', zip('S2A.SAFE/manifest.safe'), /a ZIP archive; unpack it: unzip in\.zip$/],
    ['ZIP of npy', zip('image.npy'), /an archive of NumPy arrays/],
    ['ZIP of torch', zip('archive/data.pkl'), /a PyTorch checkpoint; weights are no chip/],
    ['ZIP of torch, other name', zip('best_model/data.pkl'), /a PyTorch checkpoint/],
    ['ZIP of Keras', zip('metadata.json{"keras_version": "3.0"'), /a Keras model/],
    ['pickle of old torch', bytes('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.'), /a PyTorch checkpoint/],
    ['pickle', bytes('\x80\x04\x95'), /a Python pickle/],
    ['HDF5', bytes('\x89HDF\r\n\x1a\n\0'), /an HDF5 file.*'gdalinfo in\.h5' names its datasets/],
    ['HDF5 behind a user block', at(512, '\x89HDF\r\n\x1a\n'), /an HDF5 file/],
    ['HDF4', bytes('\x0e\x03\x13\x01\0'), /an HDF4 file.*in\.hdf/],
    ['NetCDF', bytes('CDF\x02\0\0'), /a NetCDF file.*'gdalinfo in\.nc'/],
    [
      'JP2',
      bytes('\0\0\0\x0cjP  \r\n\x87\n'),
      /JPEG 2000 image; convert it: gdal_translate in\.jp2 out\.tif$/,
    ],
    ['J2K', bytes('\xff\x4f\xff\x51\0'), /a JPEG 2000 codestream/],
    ['PNG', bytes('\x89PNG\r\n\x1a\n'), /a PNG image; convert it: gdal_translate in\.png out\.tif$/],
    ['JPEG', bytes('\xff\xd8\xff\xe0'), /a JPEG image/],
    ['GIF', bytes('GIF89a'), /a GIF image/],
    ['WebP', bytes('RIFF\x10\0\0\0WEBPVP8 '), /a WebP image/],
    ['BMP', bytes('BM\x36\0\0\0\0\0\0\0'), /a BMP image/],
    ['HEIF', bytes('\0\0\0\x18ftypheic'), /an HEIF image/],
    ['GRIB', bytes('GRIB\0\0\0\x02'), /a GRIB file/],
    ['Imagine', bytes('EHFA_HEADER_TAG\0'), /ERDAS Imagine raster.*in\.img/],
    ['NITF', bytes('NITF02.10'), /an NITF image/],
    ['gzip', gzipSync('x'), /a gzip archive; unpack it: gzip -dc in\.gz > out$/],
    ['zstd', bytes('\x28\xb5\x2f\xfd'), /a zstd archive/],
    ['bzip2', bytes('BZh91AY&SY'), /a bzip2 archive/],
    ['xz', bytes('\xfd7zXZ\0\0'), /an xz archive/],
    ['7z', bytes('7z\xbc\xaf\x27\x1c'), /a 7z archive; unpack it: 7z x in\.7z$/],
    ['tar', at(257, 'ustar\0'), /a tar archive; unpack it: tar xf in\.tar$/],
    ['npy', bytes('\x93NUMPY\x01\0'), /a NumPy array; give a GeoTIFF/],
    ['Parquet', bytes('PAR1\x15'), /a Parquet table/],
    ['PDF', bytes('%PDF-1.7\n'), /a PDF document/],
    ['safetensors', bytes('\x40\0\0\0\0\0\0\0{"a":'), /a safetensors file/],
    [
      'safetensors whose length looks like a pickle',
      bytes('\x80\x02\0\0\0\0\0\0{"a":'),
      /a safetensors file/,
    ],
    ['GGUF', bytes('GGUF\x03\0\0\0'), /a GGUF file/],
    ['ONNX', bytes('\x08\x07\x12\x07pytorch'), /an ONNX model/],
    ['TFLite', bytes('\x1c\0\0\0TFL3'), /a TensorFlow Lite model/],
    ['GeoPackage', bytes(`SQLite format 3\0${'\0'.repeat(52)}GPKG`), /a GeoPackage.*gdalinfo/],
    ['SQLite', bytes(`SQLite format 3\0${'\0'.repeat(90)}`), /an SQLite database/],
    ['AppleDouble', bytes('\0\x05\x16\x07\0\x02'), /macOS' file of attributes.*delete it/],
    ['zeros', new Uint8Array(64), /nothing but zeros.*again/],
  ])('names %s', (_, head, expected) => {
    expect(foreignRaster(head)).toMatch(expected);
    expect(foreignRaster(head)).not.toMatch(/undefined|\n/);
  });

  it.each(['II*\0', 'MM\0*', 'II+\0', 'MM\0+'])(
    'says nothing of a TIFF, also of a part of its mark (%j)',
    (mark) => {
      const rests = [
        '',
        '\b\0\0\0',
        '<html>',
        `${'\0'.repeat(253)}ustar`,
        `${'\0'.repeat(508)}\x89HDF\r\n\x1a\n`,
      ];
      for (const rest of rests) expect(foreignRaster(bytes(mark + rest))).toBeUndefined();
      for (let length = 0; length < 4; length++)
        expect(foreignRaster(bytes(mark.slice(0, length)))).toBeUndefined();
    },
  );

  it('says nothing of what it does not know', () => {
    const noise = deflateRawSync(bytes('The values of a raw raster. '.repeat(30) + lfs));
    expect(fileKind(noise)).toBeUndefined();
    expect(fileKind(new Uint8Array(0))).toBeUndefined();
    expect(fileKind(new Uint8Array(64).fill(200))).toBeUndefined();
  });

  it('takes a head that ends within a letter', () => {
    const text = new TextEncoder().encode('täglich ü');
    expect(foreignRaster(text.subarray(0, text.length - 1))).toMatch(/text file that begins with “täglich”/);
  });

  it('reads no further than a kilobyte of a large file', () => {
    expect(foreignRaster(new Uint8Array(2 ** 24))).toMatch(/zeros/);
    expect(foreignRaster(bytes(`<html>${'\0'.repeat(2 ** 20)}`.slice(0, 6) + ' '.repeat(2 ** 20)))).toMatch(
      /HTML/,
    );
  });
});
