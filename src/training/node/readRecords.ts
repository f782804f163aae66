import { frameRecord } from './frameRecord.js';

/**
 * The whole records of a TFRecord file; what a killed process left half written at its end, or is damaged, ends them.
 */
export function readRecords(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const end = at + 16 + length;
    if (end > bytes.length) break;
    const data = bytes.subarray(at + 12, end - 4);
    if (!bytes.subarray(at, end).equals(frameRecord(data))) break;
    records.push(data);
    at = end;
  }
  return records;
}
