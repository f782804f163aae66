import { beforeEach, describe, expect, it } from 'vitest';
import { createProgressBar, formatDuration } from '../src/console/progressBar.js';

let time: number;
let written: string[];
beforeEach(() => {
  time = 5000;
  written = [];
});
const now = () => time;
const stream = (columns?: number) => ({
  isTTY: columns !== undefined,
  columns,
  write: (text: string) => written.push(text),
});
/** What stands on the screen's last line after a write. */
const shown = (text: string) => text.replace('\r\u001b[K', '');

describe('on a terminal', () => {
  it('draws label, bar, loss, rate and time left in place', () => {
    const bar = createProgressBar({ stream: stream(120), totalSteps: 200, now });
    for (let step = 1; step <= 50; step++) {
      time += 200;
      bar.update({ step, loss: 0.123456, images: 8, label: 'epoch 1/4' });
    }
    const last = written[written.length - 1];
    expect(last.startsWith('\r\u001b[K')).toBe(true);
    expect(last).not.toContain('\n');
    const bars = '━'.repeat(10) + '─'.repeat(30);
    expect(shown(last)).toBe(`epoch 1/4  ${bars}   25%  50/200  loss 0.1235  40.0 images/s  0:30 left`);
  });

  it('redraws at most ten times a second', () => {
    const bar = createProgressBar({ stream: stream(80), totalSteps: 1000, now });
    for (let step = 1; step <= 1000; step++) {
      time += 10;
      bar.update({ step, loss: 1, images: 1 });
    }
    expect(written.length).toBe(100);
    bar.close();
    expect(written.slice(100).join('')).toContain('100%');
    expect(written[written.length - 1]).toBe('\n');
  });

  it.each([10, 20, 30, 40, 50, 60, 80, 100, 200])('stays inside %s columns', (columns) => {
    const bar = createProgressBar({ stream: stream(columns), totalSteps: 99999, now });
    time += 1000;
    bar.update({ step: 12345, loss: 0.0012345, images: 40, label: 'epoch 12/100' });
    expect(shown(written[0]).length).toBeLessThan(columns);
    expect(written[0]).toContain('12%');
    if (columns >= 20) expect(written[0]).toContain('loss 0.00123');
  });

  it('prints a line above the bar and draws the bar again', () => {
    const bar = createProgressBar({ stream: stream(80), totalSteps: 2, now });
    bar.print('start');
    bar.update({ step: 1, loss: 1, images: 1 });
    bar.print('epoch 1: best so far');
    expect(written[0]).toBe('\r\u001b[Kstart\n');
    expect(written[2]).toBe('\r\u001b[Kepoch 1: best so far\n');
    expect(written[3]).toBe(written[1]);
    bar.close();
    const count = written.length;
    bar.close();
    bar.print('done');
    expect(written.slice(count)).toEqual(['\r\u001b[Kdone\n']);
  });

  it('counts only its own steps for the time left of a resumed run', () => {
    const bar = createProgressBar({ stream: stream(120), totalSteps: 200, startStep: 100, now });
    time += 2000;
    bar.update({ step: 101, loss: 1, images: 1 });
    expect(written[0]).toContain('3:18 left');
  });

  it('lets the rate follow a change of speed', () => {
    const bar = createProgressBar({ stream: stream(120), totalSteps: 200, now });
    for (let step = 1; step <= 120; step++) {
      time += step <= 60 ? 1000 : 100;
      bar.update({ step, loss: 1, images: 5 });
    }
    const rate = Number(/([\d.]+) images/.exec(written[written.length - 1])?.[1]);
    expect(rate).toBeGreaterThan(45);
    expect(rate).toBeLessThanOrEqual(50);
  });
});

describe('on a file or pipe', () => {
  it('prints a plain line every interval, and the lines it is given', () => {
    const bar = createProgressBar({ stream: stream(), totalSteps: 100, plainInterval: 10, now });
    for (let step = 1; step <= 50; step++) {
      time += 500;
      bar.update({ step, loss: 2, images: 4, label: 'epoch 1/2' });
    }
    bar.print('epoch 1 done');
    bar.close();
    expect(written).toEqual([
      'epoch 1/2  step 20/100  loss 2.000  8.0 images/s  0:40 left\n',
      'epoch 1/2  step 40/100  loss 2.000  8.0 images/s  0:30 left\n',
      'epoch 1 done\n',
    ]);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0:00'],
    [59.6, '1:00'],
    [3599, '59:59'],
    [3600, '1:00:00'],
    [360_061, '100:01:01'],
    [-3, '0:00'],
  ])('%s seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});
