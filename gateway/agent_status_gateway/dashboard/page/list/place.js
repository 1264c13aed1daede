// The order of a parent's children: as few of them as possible are moved.

/** Put the nodes in this order. All but a longest run that is in order already are moved. */
export function place(parent, wanted) {
  const present = new Map(Array.from(parent.children, (node, index) => [node, index]));
  const stays = longestRun(wanted.map((node) => present.get(node) ?? -1));
  let next = null;
  for (let index = wanted.length - 1; index >= 0; index -= 1) {
    if (!stays.has(index)) parent.insertBefore(wanted[index], next);
    next = wanted[index];
  }
}

/** Where a longest increasing run of these numbers is; those below 0 are in none. */
function longestRun(numbers) {
  const ends = []; // ends[n]: where the run of length n + 1 with the smallest end does end
  const before = [];
  numbers.forEach((number, index) => {
    if (number < 0) return;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[ends[middle]] < number) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1] ?? -1;
    ends[low] = index;
  });
  const run = new Set();
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index]) run.add(index);
  return run;
}
