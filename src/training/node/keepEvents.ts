import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { frameRecord } from './frameRecord.js';
import { type EventPlace, readEvent } from './readEvent.js';
import { readRecords } from './readRecords.js';

/**
 * Takes the points that `keep` refuses, and a record that was cut off, out of a folder's event files; one without a
 * point left is removed.
 *
 * @returns How many points are left of each curve.
 */
export function keepEvents(
  folder: string,
  keep: (step: number, tag: string) => boolean,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of readdirSync(folder).filter((one) => one.startsWith('events.out.tfevents.'))) {
    const file = path.join(folder, name);
    const bytes = readFileSync(file);
    let points = 0;
    const kept = readRecords(bytes).filter((record) => {
      const { step, tag }: EventPlace = readEvent(record);
      if (tag === undefined) return true;
      if (!keep(step, tag)) return false;
      points++;
      counts[tag] = (counts[tag] ?? 0) + 1;
      return true;
    });
    const whole = Buffer.concat(kept.map(frameRecord));
    if (points === 0) rmSync(file);
    else if (!whole.equals(bytes)) {
      const temporary = path.join(folder, `.${name}.${process.pid}-0.tmp`);
      writeFileSync(temporary, whole);
      renameSync(temporary, file);
    }
  }
  return counts;
}
