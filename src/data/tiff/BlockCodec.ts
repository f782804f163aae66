import type { PixelDecoder } from '../loadPixelDecoder.js';
import { decodeLzw } from './decodeLzw.js';
import { missingPackage } from './missingPackage.js';
import { openJpegCodec } from './openJpegCodec.js';
import { openLercCodec } from './openLercCodec.js';
import type { Compression, TiffLayout } from './tiffLayout.js';
import { unpackBits } from './unpackBits.js';

/** Size of a block in pixels and in bytes that are no longer compressed. */
export interface BlockSize {
  rows: number;
  length: number;
  /** Whether it holds more than `length`, which is left; of JPEG and LERC never. */
  isPart?: boolean;
}

/**
 * Takes a block's compression away: rows one after the other, as the file's type is stored. The next call may overwrite
 * the result.
 *
 * @throws If the block is damaged, or holds fewer bytes than `size.length`.
 */
export type BlockCodec = (stored: Uint8Array, size: BlockSize) => Promise<Uint8Array> | Uint8Array;

/** Gives the first `most` bytes, or as many as there are; `isPart`: there may be more. */
export type ByteCodec = (
  stored: Uint8Array,
  most: number,
  isPart?: boolean,
) => Promise<Uint8Array> | Uint8Array;

/** The codec of a layout's blocks. */
export async function openBlockCodec(layout: TiffLayout, decoder: PixelDecoder): Promise<BlockCodec> {
  const { compression } = layout;
  if (compression === 'jpeg') return openJpegCodec(layout);
  if (compression === 'lerc')
    return openLercCodec(layout, await openByteCodec(layout.lercCompression, decoder));
  const codec = await openByteCodec(compression, decoder);
  const whole = (bytes: Uint8Array, length: number) => {
    if (bytes.length === length) return bytes;
    throw new Error(`a strip or tile has ${bytes.length} bytes of ${length} (${compression}).`);
  };
  return (stored, { length, isPart }) => {
    const bytes = codec(stored, length, isPart);
    return bytes instanceof Promise ? bytes.then((all) => whole(all, length)) : whole(bytes, length);
  };
}

async function openByteCodec(compression: Compression, decoder: PixelDecoder): Promise<ByteCodec> {
  if (compression === 'none') return (stored, most) => stored.subarray(0, most);
  if (compression === 'packbits') return unpackBits;
  if (compression === 'lzw') return (stored, most) => decodeLzw(stored, most, decoder);
  if (compression === 'deflate') return inflateBy(decoder);
  const zstd = await loadZstandard();
  return (stored, most) => zstd.decode(stored, most);
}

async function loadZstandard() {
  try {
    const { ZSTDDecoder } = await import('zstddec');
    const zstd = new ZSTDDecoder();
    await zstd.init();
    return zstd;
  } catch (error) {
    throw missingPackage('zstddec', 'the compression Zstandard', error);
  }
}

/**
 * Undoes deflate. Where the decoder refuses a stream, it may be damaged, or only longer than its block: the platform's
 * inflate tells.
 */
export const inflateBy =
  (decoder: PixelDecoder): ByteCodec =>
  (stored, most, isPart) => {
    try {
      return decoder.inflate(stored, most, isPart);
    } catch {
      return inflateStream(stored, most);
    }
  };

async function inflateStream(stored: Uint8Array, most: number): Promise<Uint8Array> {
  const out = new Uint8Array(most);
  let at = 0;
  try {
    const stream = new Blob([stored as Uint8Array<ArrayBuffer>])
      .stream()
      .pipeThrough(new DecompressionStream('deflate'));
    const reader = stream.getReader();
    while (at < most) {
      const { value, done } = await reader.read();
      if (done) break;
      const part = value.subarray(0, most - at);
      out.set(part, at);
      at += part.length;
    }
    await reader.cancel();
  } catch (error) {
    throw new Error(`its compressed data cannot be inflated: ${(error as Error).message}`, { cause: error });
  }
  return out.subarray(0, at);
}
