/**
 * Decides the class of the next user so that the mix comes as close to the weights as it can at every moment.
 *
 * Pure. Always picks the class for which one user more lowers the Kullback-Leibler divergence from the weights the most.
 * Ties go by (x, weight, name), as in Locust: the golden files hold the sequences.
 */

export interface WeightedClass {
  /** Place among all classes sorted by name: breaks ties. */
  readonly index: number;
  /** Only classes with a weight above 0 take part. */
  readonly weight: number;
}

interface Candidate {
  readonly index: number;
  readonly weight: number;
  /** What one user more of this class changes: the lowest goes next. */
  gain: number;
  /** Weight plus users picked, plus one. */
  x: number;
}

export class ClassPicker {
  readonly #heap: Candidate[];

  constructor(classes: Iterable<WeightedClass>) {
    this.#heap = [...classes]
      .filter(({ weight }) => weight > 0)
      .map(({ index, weight }) => ({ index, weight, gain: weight * Math.log2(weight / (weight + 1)), x: weight + 1 }))
      .sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  /** Index of the class whose turn it is; -1 when there is none. */
  next(): number {
    const top = this.#heap[0];
    if (top === undefined) return -1;
    top.gain = top.weight * Math.log2(top.x / (top.x + 1));
    top.x += 1;
    this.#sink(top);
    return top.index;
  }

  /** Moves the first candidate to where it belongs now. */
  #sink(candidate: Candidate): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(candidate, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = candidate;
  }
}

function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.gain !== b.gain) return a.gain < b.gain;
  if (a.x !== b.x) return a.x < b.x;
  if (a.weight !== b.weight) return a.weight < b.weight;
  return a.index < b.index;
}
