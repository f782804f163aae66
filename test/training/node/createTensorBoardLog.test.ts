import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode } from 'fast-png';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTensorBoardLog } from '../../../src/training/node/createTensorBoardLog.js';
import { crc32c, frameRecord } from '../../../src/training/node/frameRecord.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'events-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** CRC-32C bit by bit, without a table. */
function slowCrc(bytes: Uint8Array): number {
  let remainder = 0xffffffffn;
  for (const byte of bytes) {
    remainder ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >> 1n) ^ (remainder & 1n ? 0x82f63b78n : 0n);
  }
  return Number(remainder ^ 0xffffffffn);
}

/** Splits a TFRecord file and checks both checksums of each record. */
function readRecords(bytes: Buffer): Buffer[] {
  const unmask = (masked: number) => {
    const rotated = (masked - 0xa282ead8 + 2 ** 32) % 2 ** 32;
    return ((rotated << 15) | (rotated >>> 17)) >>> 0;
  };
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(unmask(bytes.readUInt32LE(at + 8))).toBe(slowCrc(bytes.subarray(at, at + 8)));
    expect(unmask(bytes.readUInt32LE(at + 12 + length))).toBe(slowCrc(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

/** The fields of a protobuf message, by number. */
function decode(bytes: Buffer): Record<number, Buffer | number> {
  const fields: Record<number, Buffer | number> = {};
  let at = 0;
  const varint = () => {
    let value = 0;
    let scale = 1;
    let byte: number;
    do {
      byte = bytes[at++];
      value += (byte % 128) * scale;
      scale *= 128;
    } while (byte >= 128);
    return value;
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const wireType = key % 8;
    const length = wireType === 2 ? varint() : { 1: 8, 5: 4 }[wireType];
    if (length === undefined) fields[number] = varint();
    else {
      const payload = bytes.subarray(at, at + length);
      fields[number] =
        wireType === 2 ? payload : wireType === 1 ? payload.readDoubleLE() : payload.readFloatLE();
      at += length;
    }
  }
  return fields;
}

const message = (field: Buffer | number) => decode(field as Buffer);

// tensorboard 2.21: the record of Event(wall_time=3, file_version='brain.Event:2').
const RECORD_HEX = '1800000000000000a37f4b220900000000000008401a0d627261696e2e4576656e743a32b398ebfd';

describe('frameRecord', () => {
  it('has the checksums of RFC 3720, B.4', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });

  it('gives the first record that TensorBoard itself writes', () => {
    const event = Buffer.from('090000000000000840', 'hex');
    const version = Buffer.concat([event, Buffer.from([0x1a, 13]), Buffer.from('brain.Event:2')]);
    expect(Buffer.from(frameRecord(version)).toString('hex')).toBe(RECORD_HEX);
  });
});

describe('createTensorBoardLog', () => {
  it('writes a version record, then scalars with tag, step and value', () => {
    const before = Date.now() / 1000;
    const log = createTensorBoardLog(path.join(folder, 'new'));
    log.scalar('loss/träin', 0.25, 0);
    log.scalar('loss/träin', -1.5, 5_000_000_000);
    expect(path.basename(log.file)).toMatch(/^events\.out\.tfevents\.\d+\..*/);
    const [version, ...events] = readRecords(readFileSync(log.file)).map(decode);
    expect(String(version[3])).toBe('brain.Event:2');
    const values = events.map((event) => {
      expect(event[1]).toBeGreaterThanOrEqual(before);
      expect(event[1]).toBeLessThanOrEqual(Date.now() / 1000);
      const value = message(message(event[5])[1]);
      return [String(value[1]), value[2], event[2]];
    });
    expect(values).toEqual([
      ['loss/träin', 0.25, 0],
      ['loss/träin', -1.5, 5_000_000_000],
    ]);
  });

  it.each([1, 2, 3, 4])('writes a PNG of %s channels with its size', (channels) => {
    const png = encode({ width: 300, height: 2, channels, data: new Uint8Array(600 * channels) });
    const log = createTensorBoardLog(folder);
    log.image('samples', png, 7);
    const event = decode(readRecords(readFileSync(log.file))[1]);
    expect(event[2]).toBe(7);
    const value = message(message(event[5])[1]);
    const image = message(value[4]);
    expect([String(value[1]), image[1], image[2], image[3]]).toEqual(['samples', 2, 300, channels]);
    expect((image[4] as Buffer).equals(png)).toBe(true);
  });

  it('says on resume from which step on earlier files are void, in a file of its own', () => {
    const first = createTensorBoardLog(folder);
    const second = createTensorBoardLog(folder, { resumeStep: 100 });
    expect(second.file).not.toBe(first.file);
    const restart = decode(readRecords(readFileSync(second.file))[1]);
    expect(restart[2]).toBe(101);
    expect(message(restart[7])[1]).toBe(1);
  });

  it('takes out of earlier files what is done again, and what was cut off, and counts what stays', () => {
    const first = createTensorBoardLog(folder);
    for (const step of [1, 2, 3, 4]) first.scalar('loss', step / 8, step);
    first.scalar('validation', 0.5, 2);
    first.scalar('validation', 0.25, 4);
    const later = createTensorBoardLog(folder);
    later.scalar('loss', 0.625, 5);
    appendFileSync(first.file, readFileSync(first.file).subarray(0, 30));
    const { file, kept } = createTensorBoardLog(folder, { resumeStep: 3, resumeSteps: { validation: 2 } });
    expect(kept).toEqual({ loss: 3, validation: 1 });
    const points = readRecords(readFileSync(first.file)).flatMap((record) => {
      const event = decode(record);
      if (!event[5]) return [];
      const value = message(message(event[5])[1]);
      return [[String(value[1]), event[2], value[2]]];
    });
    expect(points).toEqual([
      ['loss', 1, 0.125],
      ['loss', 2, 0.25],
      ['loss', 3, 0.375],
      ['validation', 2, 0.5],
    ]);
    // A file without a point left is gone; no temporary file stays.
    expect(readdirSync(folder).sort()).toEqual([first.file, file].map((one) => path.basename(one)).sort());
    // What is whole is left as it is.
    const bytes = readFileSync(first.file);
    createTensorBoardLog(folder, { resumeStep: 3 });
    expect(readFileSync(first.file).equals(bytes)).toBe(true);
  });

  it('keeps the time of a point', () => {
    const first = createTensorBoardLog(folder);
    first.scalar('loss', 1, 1);
    first.scalar('loss', 1, 2);
    const times = () => readRecords(readFileSync(first.file)).map((record) => decode(record)[1]);
    const before = times();
    createTensorBoardLog(folder, { resumeStep: 1 });
    expect(times()).toEqual(before.slice(0, 2));
  });

  it('refuses what is no step or no PNG', () => {
    const log = createTensorBoardLog(folder);
    expect(() => log.scalar('x', 1, -1)).toThrow(/step is -1/);
    expect(() => log.scalar('x', 1, 0.5)).toThrow(/step is 0.5/);
    expect(() => log.image('x', new Uint8Array(100), 1)).toThrow(/png .* PNG file/);
    expect(() => createTensorBoardLog(folder, { resumeStep: 1.5 })).toThrow(/resumeStep is 1.5/);
    expect(() => createTensorBoardLog(path.join(log.file, 'sub'))).toThrow(/ENOTDIR/);
  });
});
