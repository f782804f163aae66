/**
 * Where an `Event` message (tensorflow/core/util/event.proto) stands: its step, and the curve that it is a point of.
 */
export interface EventPlace {
  step: number;
  /** Missing where it is no point: a version, a restart. */
  tag?: string;
}

/** Reads step and tag of an event. */
export function readEvent(event: Buffer): EventPlace {
  const place: EventPlace = { step: 0 };
  for (const { number, value } of fields(event)) {
    if (number === 2 && typeof value === 'number') place.step = value;
    // Event.summary.value[0].tag
    if (number === 5) place.tag = bytesOf(bytesOf(value, 1), 1)?.toString('utf8');
  }
  return place;
}

/** The first field of bytes with this number in a message. */
function bytesOf(message: Buffer | number | undefined, wanted: number): Buffer | undefined {
  if (!Buffer.isBuffer(message)) return undefined;
  for (const { number, value } of fields(message)) {
    if (number === wanted && Buffer.isBuffer(value)) return value;
  }
  return undefined;
}

/** The fields of a protobuf message: integers, and bytes of all others. */
function* fields(message: Buffer): Generator<{ number: number; value: Buffer | number }> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; at < message.length; scale *= 128) {
      const byte = message[at++];
      value += (byte % 128) * scale;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < message.length) {
    const key = varint();
    const [number, wireType] = [Math.floor(key / 8), key % 8];
    if (wireType === 0) {
      yield { number, value: varint() };
      continue;
    }
    const length = wireType === 2 ? varint() : wireType === 1 ? 8 : 4;
    yield { number, value: message.subarray(at, at + length) };
    at += length;
  }
}
