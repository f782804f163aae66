import { DataError } from 'diffusion-ssl/errors';
import type { ModelCondition } from 'diffusion-ssl/pretrained';
import { decimal } from '../config/decimal.js';

/**
 * A text as the value of a condition: of a class its index, of a number itself; empty stands for none.
 *
 * @param where It stands, for messages.
 * @throws `DataError` if it is no class, or no number, or one out of range.
 */
export function conditionValue(condition: ModelCondition, text: string, where: string): number {
  const refuse = (accepted: string) => new DataError(`${where}: '${text}' is ${accepted}`);
  if (condition.kind === 'class') {
    const { classes } = condition;
    const index = text === '' ? classes.length : classes.indexOf(text);
    if (index >= 0) return index;
    const list = classes.length > 20 ? `${classes.slice(0, 20).join(', ')}, …` : classes.join(', ');
    throw refuse(`no class of the training rows; those are ${list}. Leave it empty if it is not known.`);
  }
  // What an image holds is read with the chip.
  if ('bands' in condition || text === '') return Number.NaN;
  const value = decimal(text);
  const [from, to] = condition.range;
  if (Number.isNaN(value)) throw refuse('no number. Leave it empty if it is not known.');
  if (value >= from && value <= to) return value;
  const range = `${from} to ${to}`;
  const unit = condition.unit === undefined ? '' : ` ${condition.unit}`;
  throw refuse(`outside ${range}${unit}: correct it, leave it empty if it is not known, or widen the range.`);
}
