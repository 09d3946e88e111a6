/**
 * The index of each worker: handed out in the order in which workers first came, kept until it is forgotten, never given twice.
 */
export class Identities {
  readonly #indexes = new Map<string, number>();
  #next = 0;

  /** The index of that worker. `isNew`: it has just been given one. */
  of(id: string): { readonly index: number; readonly isNew: boolean } {
    const known = this.#indexes.get(id);
    if (known !== undefined) return { index: known, isNew: false };
    const index = this.#next++;
    this.#indexes.set(id, index);
    return { index, isNew: true };
  }

  /** Nobody of that id is expected any more. Returns false for who came last: a master that is restored counts on from its index. */
  forget(id: string): boolean {
    if (this.#indexes.get(id) === this.#next - 1) return false;
    this.#indexes.delete(id);
    return true;
  }

  /** What a former master gave out. */
  restore(id: string, index: number): void {
    this.#indexes.set(id, index);
    this.#next = Math.max(this.#next, index + 1);
  }
}
