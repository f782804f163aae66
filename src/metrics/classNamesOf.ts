import { argumentError } from '../internal/checks.js';
import type { ConfusionMatrix } from './ConfusionMatrix.js';

/** How the classes of a confusion matrix are called. */
export interface ClassNames {
  /** One name a class. Default: their numbers. */
  classNames?: readonly string[];
}

/** The names given, one for each class of the matrix; else their numbers. */
export function classNamesOf({ numClasses }: ConfusionMatrix, { classNames }: ClassNames): readonly string[] {
  if (classNames === undefined) return Array.from({ length: numClasses }, (_, k) => String(k));
  if (classNames.length !== numClasses) {
    throw argumentError('classNames.length', classNames.length, `${numClasses}, one name a class`);
  }
  return classNames;
}
