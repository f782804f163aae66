/** What one record of a TensorBoard event file says, besides its time. */
export type EventContent =
  | { fileVersion: string }
  | { restartAt: number }
  | { step: number; tag: string; value: number }
  | { step: number; tag: string; png: Uint8Array };

const VARINT = 0;
const DOUBLE = 1;
const BYTES = 2;
const FLOAT = 5;

/** Encodes one `Event` message (tensorflow/core/util/event.proto). `wallTime` is in seconds since 1970. */
export function encodeEvent(wallTime: number, content: EventContent): Uint8Array {
  const parts = [field(1, DOUBLE, double(wallTime))];
  if ('fileVersion' in content) parts.push(text(3, content.fileVersion));
  else if ('restartAt' in content) {
    parts.push(integer(2, content.restartAt), message(7, integer(1, 1)));
  } else {
    const value = 'value' in content ? field(2, FLOAT, float(content.value)) : message(4, image(content.png));
    parts.push(integer(2, content.step), message(5, message(1, text(1, content.tag), value)));
  }
  return Buffer.concat(parts);
}

const pngChannels: Record<number, number> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/** The `Image` message of a PNG file, whose size and colour type its first chunk tells. */
function image(png: Uint8Array): Uint8Array {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  return Buffer.concat([
    integer(1, height),
    integer(2, width),
    integer(3, pngChannels[bytes[25]]),
    message(4, bytes),
  ]);
}

function field(number: number, wireType: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + wireType), payload]);
}

function message(number: number, ...parts: Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  return field(number, BYTES, Buffer.concat([varint(body.length), body]));
}

const text = (number: number, value: string) => message(number, Buffer.from(value, 'utf8'));

const integer = (number: number, value: number) => field(number, VARINT, varint(value));

/** Base-128 digits, least significant first, of an integer from 0 to 2^53. */
function varint(value: number): Uint8Array {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) digits.push((rest % 128) + 128);
  digits.push(rest);
  return Uint8Array.from(digits);
}

function double(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function float(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}
