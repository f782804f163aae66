/** Where a progress bar is drawn: `process.stderr`, or a stand-in. */
export interface ProgressStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Options of `createProgressBar`. */
export interface ProgressBarOptions {
  /** Default `process.stderr`. */
  stream?: ProgressStream;
  /** Steps of the whole run. */
  totalSteps: number;
  /** Steps done before, by the run that this one resumes. Default 0. */
  startStep?: number;
  /** Seconds between two lines where the stream is no terminal. Default 15. */
  plainInterval?: number;
  /** The clock, in milliseconds. Default `performance.now`. */
  now?: () => number;
}

/** What one step of training reports. */
export interface ProgressUpdate {
  /** Steps done, this one included. */
  step: number;
  loss: number;
  /** Images of this step. */
  images: number;
  /** Shown before the bar, e.g. `epoch 2/10`. */
  label?: string;
}

/** Shows how far a run is. */
export interface ProgressBar {
  update(update: ProgressUpdate): void;
  /** Prints a line of its own, above the bar: the end of an epoch, a file written. */
  print(line: string): void;
  /** Draws the last state and leaves it on the screen. */
  close(): void;
}

const drawInterval = 100;
const clearLine = '\r\u001b[K';

/**
 * A progress bar with loss, images a second and time left. On a terminal it redraws itself in place at most ten
 * times a second and fits the width; elsewhere it prints a plain line every `plainInterval` seconds.
 */
export function createProgressBar(options: ProgressBarOptions): ProgressBar {
  const { stream = process.stderr, totalSteps, startStep = 0, plainInterval = 15 } = options;
  const now = options.now ?? (() => performance.now());
  const start = now();
  let lastDraw = Number.NEGATIVE_INFINITY;
  let lastPlain = start;
  let lastUpdate = start;
  let rate = { images: 0, seconds: 0 };
  let current: ProgressUpdate | undefined;

  function fields({ step, loss, label }: ProgressUpdate): Fields {
    const secondsPerStep = (lastUpdate - start) / 1000 / Math.max(1, step - startStep);
    return {
      label: label ?? '',
      fraction: Math.min(1, step / totalSteps),
      count: `${step}/${totalSteps}`,
      loss: `loss ${loss.toPrecision(4)}`,
      rate: `${(rate.images / Math.max(rate.seconds, 1e-9)).toFixed(1)} images/s`,
      left: `${formatDuration(secondsPerStep * (totalSteps - step))} left`,
    };
  }

  function draw(): void {
    if (!current) return;
    lastDraw = now();
    stream.write(clearLine + barLine(fields(current), (stream.columns || 80) - 1));
  }

  return {
    update(update) {
      const time = now();
      // Recent steps weigh more: each step back counts 0.9 of the one after it.
      rate = {
        images: rate.images * 0.9 + update.images,
        seconds: rate.seconds * 0.9 + (time - lastUpdate) / 1000,
      };
      lastUpdate = time;
      current = update;
      if (stream.isTTY) {
        if (time - lastDraw >= drawInterval) draw();
      } else if (time - lastPlain >= plainInterval * 1000) {
        lastPlain = time;
        stream.write(`${plainLine(fields(update))}\n`);
      }
    },
    print(line) {
      stream.write(stream.isTTY ? `${clearLine}${line}\n` : `${line}\n`);
      if (stream.isTTY) draw();
    },
    close() {
      if (stream.isTTY && current) {
        draw();
        stream.write('\n');
      }
      current = undefined;
    },
  };
}

interface Fields {
  label: string;
  fraction: number;
  count: string;
  loss: string;
  rate: string;
  left: string;
}

/** The bar and as many of its fields as fit into `width` characters. */
function barLine({ label, fraction, count, loss, rate, left }: Fields, width: number): string {
  const percent = `${Math.floor(fraction * 100)}%`.padStart(4);
  const choices = [
    [label, percent, count, loss, rate, left],
    [label, percent, loss, rate, left],
    [percent, loss, rate, left],
    [percent, loss, left],
    [percent, loss],
  ].map((choice) => choice.filter((text) => text !== ''));
  const lengthOf = (texts: string[]) => texts.join('  ').length;
  const shown = choices.find((choice) => lengthOf(choice) + 12 <= width) ?? [percent, loss];
  const barWidth = Math.min(40, width - lengthOf(shown) - 2);
  if (barWidth < 4) return shown.join('  ').slice(0, width);
  const filled = Math.round(barWidth * fraction);
  const bar = '━'.repeat(filled) + '─'.repeat(barWidth - filled);
  const at = shown[0] === label ? 1 : 0;
  return [...shown.slice(0, at), bar, ...shown.slice(at)].join('  ');
}

function plainLine({ label, count, loss, rate, left }: Fields): string {
  return [label, `step ${count}`, loss, rate, left].filter((text) => text !== '').join('  ');
}

/** Seconds as `m:ss` or `h:mm:ss`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] > 0 ? parts : parts.slice(1);
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
