import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { decimal } from '../src/config/decimal.js';
import {
  integer,
  integers,
  names,
  number,
  numberBelow,
  numbers,
  numbersOf,
  numbersOrNone,
  oneOfNumbers,
  range,
  share,
} from '../src/config/flagValues.js';
import { listItems } from '../src/config/listItems.js';

/** What `Number` makes a number of, or nearly, and no one means as one. */
const NO_NUMBERS = [
  ...['', ' ', '0x10', '0b1', '0o7', '1_000', 'Infinity', '-Infinity', '1e999', 'NaN', 'nan', 'null', 'true'],
  ...['1 2', '1,5', '1.2.3', '.', '-', '+', 'e5', '1e', '--1', '1-', '−1', '１', '0,5', '1;2', '5%', '1f'],
];

describe('decimal', () => {
  it.each([
    ['0', 0],
    ['-9999', -9999],
    ['+2', 2],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['-1.5E-4', -1.5e-4],
    [' 7 ', 7],
    ['-0', 0],
    ['-3.4028234663852886e38', -3.4028234663852886e38],
  ])('reads %j', (text, value) => {
    expect(decimal(text)).toBe(value);
  });

  it.each(NO_NUMBERS)('refuses %j', (text) => {
    expect(decimal(text)).toBeNaN();
  });
});

describe('a flag of one number', () => {
  it.each(NO_NUMBERS)('refuses %j', (text) => {
    for (const read of [number, share, integer(0), numberBelow(9), oneOfNumbers([0, 1, 2])])
      expect(() => read(text)).toThrow(InvalidArgumentError);
  });

  it('reads numbers in its bounds alone', () => {
    expect([number('1e-4'), share('1'), integer(1)('1e3'), oneOfNumbers([1, 2])('2.0')]).toEqual([
      1e-4, 1, 1000, 2,
    ]);
    expect(Object.is(integer(0)('-0'), 0)).toBe(true);
    expect(() => number('-1')).toThrow('at least 0');
    expect(() => share('1.1')).toThrow('from 0 to 1');
    expect(() => share('-0.1')).toThrow('from 0 to 1');
    expect(numberBelow(1)('0.99')).toBe(0.99);
    expect(() => numberBelow(1)('1')).toThrow('from 0 to below 1');
    expect(() => numberBelow(1)('-0.1')).toThrow('from 0 to below 1');
    expect(() => integer(1)('1.5')).toThrow('an integer of at least 1');
    expect(() => integer(0)('9007199254740993')).toThrow('an integer');
    expect(() => oneOfNumbers([1, 2])('3')).toThrow('one of 1, 2');
  });
});

describe('a list', () => {
  it.each([
    ['-9999 0', ['-9999', '0']],
    ['-9999,0', ['-9999', '0']],
    ['-9999, 0', ['-9999', '0']],
    ['  a\tb ,c\n', ['a', 'b', 'c']],
    ['[1, 2  3]', ['1', '2', '3']],
    [' [ 1 2 ] ', ['1', '2']],
    ['1', ['1']],
  ])('%j', (text, items) => {
    expect(listItems(text)).toEqual(items);
  });

  it.each([
    ['', 'It is empty'],
    ['  ', 'It is empty'],
    ['[]', 'It is empty'],
    [',', 'Item 1 of 2 is empty'],
    ['1,,2', 'Item 2 of 3 is empty'],
    ['1, , 2', 'Item 2 of 3 is empty'],
    ['1,2,', 'Item 3 of 3 is empty'],
    [' ,1', 'Item 1 of 2 is empty'],
    ['[1,2,]', 'Item 3 of 3 is empty'],
  ])('refuses %j', (text, message) => {
    expect(() => listItems(text)).toThrow(message);
    for (const read of [names, numbers, integers(0), numbersOf(2), numbersOrNone, range()])
      expect(() => read(text)).toThrow(InvalidArgumentError);
  });

  it('never joins two numbers to one', () => {
    for (const text of ['1 2', '1,2', '1 , 2', '[1 2]', '1\t2']) {
      expect(numbers(text)).toEqual([1, 2]);
      expect(integers(1, [2])(text)).toEqual([1, 2]);
      expect(numbersOf(2)(text)).toEqual([1, 2]);
      expect(numbersOrNone(text)).toEqual([1, 2]);
      expect(range(0)(text)).toEqual([1, 2]);
    }
    expect(numbers('-9999 0')).toEqual([-9999, 0]);
    expect(names('dry wet')).toEqual(['dry', 'wet']);
  });

  it('names the item that is no number', () => {
    expect(() => numbers('1 0x10')).toThrow("'0x10' is not a number");
    expect(() => numbers('1;2')).toThrow("'1;2' is not a number");
    expect(() => numbers('[1 2')).toThrow("'[1' is not a number");
    expect(() => range()('1 1_0')).toThrow("'1_0' is not a number");
    expect(() => integers(0)('1 1.5')).toThrow('It must be integers of at least 0');
    expect(() => integers(0, [1, 3])('1 2')).toThrow('It must be 1 or 3 integers of at least 0');
    expect(() => integers(0, [1, 3])('0 1 -2')).toThrow('It must be 1 or 3 integers of at least 0');
  });

  it('keeps to its bounds', () => {
    expect([range()('-2 -1'), range(0)('0 0'), numbersOf()('0 1.5 2')]).toEqual([
      [-2, -1],
      [0, 0],
      [0, 1.5, 2],
    ]);
    expect(() => range(0)('-1 2')).toThrow(
      'two numbers of at least 0, the second not below the first, or none',
    );
    expect(() => range()('2 1')).toThrow('two numbers, the second not below the first, or none');
    expect(() => range()('1 2 3')).toThrow('two numbers');
    expect(() => numbersOf()('1 -1')).toThrow('It must be numbers of at least 0');
    expect(() => numbersOf(3)('1 1')).toThrow('It must be 3 numbers of at least 0');
  });

  it('reads none where that is meant', () => {
    expect([numbersOrNone('none'), range()(' none ')]).toEqual([null, null]);
    expect(() => numbers('none')).toThrow("'none' is not a number");
  });
});
