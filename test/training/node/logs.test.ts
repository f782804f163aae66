import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCsvLog } from '../../../src/training/node/createCsvLog.js';
import { createJsonLinesLog } from '../../../src/training/node/createJsonLinesLog.js';

const header = 'epoch,train_loss,val_loss,learning_rate,best_epoch_so_far,epoch_time_sec';
let file: string;
beforeEach(() => {
  file = path.join(mkdtempSync(path.join(tmpdir(), 'logs-')), 'log');
});
afterEach(() => rmSync(path.dirname(file), { recursive: true }));
const content = () => readFileSync(file, 'utf8');

const row = (epoch: number) => ({
  epoch,
  trainLoss: 0.5 / (epoch + 1),
  valLoss: 1e-7,
  learningRate: 2e-4,
  bestEpochSoFar: epoch,
  epochTimeSec: 1.5,
});

describe('createCsvLog', () => {
  it('writes the header and one row an epoch, at once', async () => {
    const log = await createCsvLog(file);
    expect(content()).toBe(`${header}\n`);
    log.write(row(0));
    log.write({ ...row(1), valLoss: null });
    expect(content()).toBe(`${header}\n0,0.5,1e-7,0.0002,0,1.5\n1,0.25,,0.0002,1,1.5\n`);
    expect(parse(content(), { columns: true })).toMatchObject([
      { epoch: '0', val_loss: '1e-7' },
      { val_loss: '' },
    ]);
  });

  it('starts anew without resumeEpoch', async () => {
    (await createCsvLog(file)).write(row(0));
    await createCsvLog(file);
    expect(content()).toBe(`${header}\n`);
  });

  it('drops rows at or after the resumed epoch, and a row cut off', async () => {
    const first = await createCsvLog(file);
    for (const epoch of [9, 10, 11]) first.write(row(epoch));
    const kept = content().split('\n').slice(0, 2).join('\n');
    writeFileSync(file, `${content()}1`);
    (await createCsvLog(file, { resumeEpoch: 10 })).write(row(10));
    expect(content().split('\n').slice(0, 2).join('\n')).toBe(kept);
    expect(parse(content(), { columns: true })).toMatchObject([{ epoch: '9' }, { epoch: '10' }]);
  });

  it('resumes where the log is missing or was cut off in its header', async () => {
    await createCsvLog(file, { resumeEpoch: 3 });
    expect(content()).toBe(`${header}\n`);
    writeFileSync(file, header.slice(0, 10));
    await createCsvLog(file, { resumeEpoch: 3 });
    expect(content()).toBe(`${header}\n`);
  });

  it('refuses to resume a file with other columns, and leaves it', async () => {
    writeFileSync(file, 'a,b\n1,2\n');
    await expect(createCsvLog(file, { resumeEpoch: 1 })).rejects.toThrow(/begins with 'a,b'/);
    expect(content()).toBe('a,b\n1,2\n');
    await expect(createCsvLog(file, { resumeEpoch: -1 })).rejects.toThrow(/resumeEpoch is -1/);
  });

  it('says what to do when the folder has gone', async () => {
    await expect(createCsvLog(path.join(file, 'no', 'log'))).rejects.toThrow(/create it first/);
    const nested = path.join(mkdtempSync(path.join(tmpdir(), 'logs-')), 'log');
    const log = await createCsvLog(nested);
    rmSync(path.dirname(nested), { recursive: true });
    expect(() => log.write(row(0))).toThrow(/createCsvLog: cannot write '.*' \(ENOENT/);
  });
});

describe('createJsonLinesLog', () => {
  const records = () =>
    content()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));

  it('writes one object a line, at once', async () => {
    const log = await createJsonLinesLog(file);
    log.write({ step: 1, loss: 0.25, files: ['a\nb.tif'] });
    expect(content()).toBe('{"step":1,"loss":0.25,"files":["a\\nb.tif"]}\n');
    log.write({ step: 2, loss: Number.NaN });
    expect(records()[1]).toEqual({ step: 2, loss: null });
  });

  it('drops records past the resumed step and damaged ones, keeps those without a step', async () => {
    const first = await createJsonLinesLog(file);
    first.write({ event: 'start' });
    for (const step of [1, 2, 3]) first.write({ step });
    writeFileSync(file, `${content()}{"ste\n{"step":1`);
    (await createJsonLinesLog(file, { resumeStep: 2 })).write({ step: 3, again: true });
    expect(records()).toEqual([{ event: 'start' }, { step: 1 }, { step: 2 }, { step: 3, again: true }]);
  });

  it('starts anew without resumeStep', async () => {
    (await createJsonLinesLog(file)).write({ step: 1 });
    await createJsonLinesLog(file);
    expect(content()).toBe('');
    await expect(createJsonLinesLog(file, { resumeStep: 0.5 })).rejects.toThrow(/resumeStep is 0.5/);
  });
});
