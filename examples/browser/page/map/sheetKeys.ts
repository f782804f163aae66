import { element } from '../element.js';
import type { MapState } from './MapState.js';

/** A pixel of the sheet. */
export interface Cursor {
  x: number;
  y: number;
}

/** What the keys move. */
export interface CursorControl {
  cursor: Readonly<Cursor>;
  showCursor(place: Cursor): void;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** Pixels that an arrow moves the cursor with Shift. */
const FAR = 10;

/** The keys of the sheet: all that a pointer does. */
export function sheetKeys(state: MapState, { cursor, showCursor }: CursorControl): void {
  const sheet = element('sheet', HTMLElement);
  /** The point that is taken up to be moved. */
  let taken: number | undefined;

  const move = ([across, down]: [number, number], step: number) => {
    const { width, height } = state.scene!;
    const within = (value: number, pixels: number) => Math.min(Math.max(value, 0), pixels - 1);
    showCursor({ x: within(cursor.x + step * across, width), y: within(cursor.y + step * down, height) });
    sheet.querySelector('.crosshair')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  const goTo = (step: number) => {
    const { points } = state.labels;
    if (points.length === 0) return;
    const from = state.chosen ?? (step > 0 ? -1 : 0);
    const index = (from + step + points.length) % points.length;
    state.choose(index);
    showCursor(points[index]);
    sheet.querySelector('.crosshair')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  const pointThere = () => {
    const index = state.labels.points.findIndex(({ x, y }) => x === cursor.x && y === cursor.y);
    return index < 0 ? undefined : index;
  };
  const put = () => {
    if (taken !== undefined) state.move(taken, cursor.x, cursor.y);
    else state.place(cursor.x, cursor.y);
    taken = undefined;
    showCursor(cursor);
  };
  const keys: Record<string, () => void> = {
    Enter: put,
    ' ': put,
    '[': () => goTo(-1),
    ']': () => goTo(1),
    Escape: () => {
      taken = undefined;
      state.choose(undefined);
      showCursor(cursor);
    },
    m: () => {
      taken = pointThere() ?? state.chosen;
      showCursor(cursor);
      if (taken !== undefined)
        element('cursor', HTMLElement).textContent =
          'The point is taken up: move the cursor, and Enter puts it down.';
    },
    Delete: () => {
      const index = pointThere() ?? state.chosen;
      if (index !== undefined) state.deletePoint(index);
      showCursor(cursor);
    },
  };
  keys.Backspace = keys.Delete;
  keys.M = keys.m;

  sheet.addEventListener('keydown', (event) => {
    if (!state.scene || event.altKey) return;
    sheet.classList.add('keyed');
    if (event.ctrlKey || event.metaKey) return;
    const arrow = ARROWS[event.key];
    const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : undefined;
    if (arrow) move(arrow, event.shiftKey ? FAR : 1);
    else if (digit !== undefined && digit < state.labels.classes.length) {
      state.setActive(digit);
      showCursor(cursor);
    } else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });
  sheet.addEventListener('pointerdown', () => sheet.classList.remove('keyed'));
  element('map-room', HTMLElement).addEventListener('keydown', (event) => {
    const isText = event.target instanceof HTMLInputElement && event.target.type === 'text';
    if (isText || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === 'z' && !event.shiftKey) state.undo();
    else if (key === 'y' || key === 'z') state.redo();
    else return;
    event.preventDefault();
  });
}
