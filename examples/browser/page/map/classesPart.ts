import type { MapClass } from '../../shared/mapTypes.js';
import { button, element } from '../element.js';
import { attempt } from '../notices.js';
import { nextColour } from './colours.js';
import type { MapState } from './MapState.js';

const MAX_CLASSES = 50;

/** The list of classes: which one the next point has, their names and colours. */
export function classesPart(state: MapState): void {
  const list = element('class-list', HTMLOListElement);

  const change = (index: number, changes: Partial<MapClass>) =>
    state.setClasses(state.labels.classes.map((one, i) => (i === index ? { ...one, ...changes } : one)));

  const rename = (index: number, field: HTMLInputElement) =>
    attempt(async () => {
      const name = field.value.trim();
      const { classes } = state.labels;
      if (name === classes[index].name) return;
      const problem =
        name === ''
          ? 'A class needs a name.'
          : classes.some((other) => other.name === name) && `There is a class “${name}” already.`;
      if (problem) {
        field.value = classes[index].name;
        throw new Error(`${problem} It stays “${classes[index].name}”.`);
      }
      change(index, { name });
    });

  const entry = ({ name, colour }: MapClass, index: number, points: number) => {
    const item = document.createElement('li');
    const label = document.createElement('label');
    const radio = field('radio', `Class ${index + 1}, ${name}`);
    Object.assign(radio, { name: 'class', checked: index === state.active });
    radio.onchange = () => state.setActive(index);
    label.append(radio, String(index + 1));
    const tint = field('color', `Colour of ${name}`);
    tint.value = colour;
    tint.onchange = () => change(index, { colour: tint.value });
    const text = field('text', `Name of class ${index + 1}`);
    Object.assign(text, { value: name, maxLength: 60, autocomplete: 'off' });
    text.onchange = () => rename(index, text);
    const count = document.createElement('span');
    count.className = 'count';
    count.textContent = String(points);
    count.title = `${points} point${points === 1 ? '' : 's'}`;
    const remove = document.createElement('button');
    Object.assign(remove, { type: 'button', textContent: '×' });
    remove.setAttribute('aria-label', `Remove ${name} and its points`);
    remove.disabled = state.labels.classes.length <= 2;
    remove.onclick = () => state.removeClass(index);
    item.append(label, tint, text, count, remove);
    return item;
  };

  button('class-add').onclick = () => {
    const { classes } = state.labels;
    const number = Array.from({ length: classes.length + 1 }, (_, i) => classes.length + 1 + i).find(
      (one) => !classes.some(({ name }) => name === `class ${one}`),
    );
    state.setClasses([
      ...classes,
      { name: `class ${number}`, colour: nextColour(classes.map(({ colour }) => colour)) },
    ]);
    state.setActive(classes.length);
    list.querySelector<HTMLInputElement>('li:last-child input[type=text]')?.focus();
  };
  state.watch(['labels'], () => {
    const { classes, points } = state.labels;
    const focused = document.activeElement?.getAttribute('aria-label');
    const counts = classes.map((_, i) => points.filter(({ label }) => label === i).length);
    list.replaceChildren(...classes.map((one, i) => entry(one, i, counts[i])));
    button('class-add').disabled = classes.length >= MAX_CLASSES;
    // What had the focus has it again.
    if (focused) list.querySelector<HTMLElement>(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  });
  state.watch(['choice'], () => {
    const radios = list.querySelectorAll<HTMLInputElement>('input[type=radio]');
    if (radios[state.active]) radios[state.active].checked = true;
  });
}

function field(type: string, label: string): HTMLInputElement {
  const made = document.createElement('input');
  made.type = type;
  made.setAttribute('aria-label', label);
  return made;
}
