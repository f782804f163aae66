/** Every `stride`-th index below `length`, in lists that grow from one to a thousand: a bad start shows at once. */
export function* pieces(length: number, stride: number): Generator<number[], void, void> {
  const most = 1000;
  let size = 1;
  for (let begin = 0; begin < length; size = most) {
    const piece: number[] = [];
    for (; begin < length && piece.length < size; begin += stride) piece.push(begin);
    yield piece;
  }
}
