import type { BlockCodec } from './BlockCodec.js';
import { importOptional } from './importOptional.js';
import { LayoutError } from './LayoutError.js';
import type { TiffLayout } from './tiffLayout.js';

const YCBCR = 6;

/** What the decoder gives: four bytes a pixel. */
interface Picture {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

/**
 * The codec of blocks that are JPEG streams (TIFF technical note 2) of one band, or of three as RGB or YCbCr, which become
 * RGB, as GDAL reads them.
 */
export async function openJpegCodec(layout: TiffLayout): Promise<BlockCodec> {
  const { bits, format, blockWidth, jpegTables, photometric } = layout;
  const bands = layout.planar ? 1 : layout.bands;
  if (bits !== 8 || format !== 'uint')
    throw new LayoutError(`JPEG of ${bits}-bit values of the format ${format}`);
  if (bands !== 1 && bands !== 3) throw new LayoutError(`JPEG of ${bands} interleaved bands`);
  const decode = await importOptional('@jsquash/jpeg', 'the compression JPEG', loadDecoder);
  const tables = jpegTables ? segmentsOf(jpegTables).kept : [];
  return async (stored, { rows, length }) => {
    const { kept, frame, rest } = segmentsOf(stored);
    if (!frame || !rest) throw new Error('a strip or tile is no JPEG stream.');
    // libjpeg takes three components for YCbCr unless Adobe's marker says otherwise.
    const adobe = [0xff, 0xee, 0, 14, ...new TextEncoder().encode('Adobe'), 0, 100, 0, 0, 0, 0];
    adobe.push(photometric === YCBCR ? 1 : 0);
    const marker = bands === 3 ? [Uint8Array.from(adobe)] : [];
    const jpeg = joined([Uint8Array.of(0xff, 0xd8), ...marker, ...tables, ...kept, rest]);
    if (frame.precision !== 8) throw new LayoutError(`JPEG of ${frame.precision} bits`);
    // A tile at the edge may be coded smaller than it is said to be.
    if (frame.components !== bands || frame.width < blockWidth || frame.height < rows) {
      throw new Error(
        `a JPEG block has ${frame.width} × ${frame.height} pixels of ${frame.components} bands; ` +
          `${blockWidth} × ${rows} of ${bands} are expected.`,
      );
    }
    if (frame.width * frame.height > 4 * blockWidth * (rows + 64)) {
      throw new Error(`a JPEG block has ${frame.width} × ${frame.height} pixels.`);
    }
    const { data, width } = await decode(jpeg);
    const bytes = new Uint8Array(length);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < blockWidth; column++) {
        const from = 4 * (row * width + column);
        const to = bands * (row * blockWidth + column);
        for (let k = 0; k < bands; k++) bytes[to + k] = data[from + k];
      }
    }
    return { bytes, encoded: false };
  };
}

async function loadDecoder(): Promise<(jpeg: Uint8Array<ArrayBuffer>) => Promise<Picture>> {
  const codec = await import('@jsquash/jpeg/decode.js');
  const wasm = await wasmInNode();
  if (wasm) await (codec.init as unknown as (module: WebAssembly.Module) => unknown)(wasm);
  return (jpeg) => codec.default(jpeg.buffer);
}

/** The package fetches its WebAssembly, which Node does not do from a file. */
async function wasmInNode(): Promise<WebAssembly.Module | undefined> {
  const builtin = globalThis.process?.getBuiltinModule;
  if (!builtin) return undefined;
  const { createRequire } = builtin('module');
  const { readFileSync } = builtin('fs');
  const file = createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
  return WebAssembly.compile(readFileSync(file));
}

interface Frame {
  precision: number;
  height: number;
  width: number;
  components: number;
}

/** A stream's segments without those of applications, up to where the compressed data begin. */
function segmentsOf(stream: Uint8Array): { kept: Uint8Array[]; frame?: Frame; rest?: Uint8Array } {
  const kept: Uint8Array[] = [];
  let frame: Frame | undefined;
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  for (let at = 2; at + 4 <= stream.length; ) {
    if (stream[at] !== 0xff) break;
    const marker = stream[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xda) return { kept, frame, rest: stream.subarray(at) };
    const length = view.getUint16(at + 2);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame && at + 10 <= stream.length) {
      if (frame) break;
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      frame = { precision: stream[at + 4], height, width, components: stream[at + 9] };
    }
    const application = marker >= 0xe0 && marker <= 0xef;
    if (!application) kept.push(stream.subarray(at, at + 2 + length));
    at += 2 + length;
  }
  return { kept, frame };
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
