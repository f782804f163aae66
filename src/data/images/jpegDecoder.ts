import { missingPackage } from '../tiff/missingPackage.js';

/** The parts of the decoder, libjpeg-turbo in WebAssembly, that are used; the package has no types. */
interface Decoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): { width: number; height: number; componentCount: number };
  getDecodedBuffer(): Uint8Array;
}

/** A decoded JPEG stream: its pixels, band changing fastest, which the next call overwrites. */
export interface DecodedJpeg {
  width: number;
  height: number;
  bands: number;
  pixels: Uint8Array;
}

let shared: Promise<Decoder> | undefined;

/**
 * Makes a decoder of JPEG streams of one band, or of three, which become RGB.
 *
 * @param use What it is needed for, where its package is not installed.
 * @returns A function that throws where a stream is damaged.
 */
export async function openJpegDecoder(use: string): Promise<(stream: Uint8Array) => DecodedJpeg> {
  shared ??= startDecoder(use);
  const decoder = await shared.catch((error: unknown) => {
    shared = undefined;
    throw error;
  });
  return (stream) => {
    try {
      decoder.getEncodedBuffer(stream.length).set(stream);
      decoder.decode();
    } catch (error) {
      // It does not clear away what it has begun, and throws numbers.
      shared = undefined;
      throw new Error('its JPEG data are damaged or cut short.', { cause: error });
    }
    const { width, height, componentCount: bands } = decoder.getFrameInfo();
    return { width, height, bands, pixels: decoder.getDecodedBuffer() };
  };
}

async function startDecoder(use: string): Promise<Decoder> {
  try {
    // @ts-expect-error The package has no types.
    const module = await import('@cornerstonejs/codec-libjpeg-turbo-8bit/decode');
    const { JPEGDecoder } = await module.default();
    return new JPEGDecoder();
  } catch (error) {
    throw missingPackage('@cornerstonejs/codec-libjpeg-turbo-8bit', use, error);
  }
}
