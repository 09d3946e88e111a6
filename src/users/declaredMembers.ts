/**
 * What decorators have noted down about the members of a class. It lies in the class's decorator metadata, so that it belongs
 * to the class and not to the process.
 */
import type { Task } from './task.js';

/** What decorators need of their context, whatever they stand on. */
export interface MemberContext {
  readonly kind: string;
  readonly name: string | symbol | undefined;
  readonly static?: boolean;
  readonly private?: boolean;
  readonly metadata: object;
}

export interface DeclaredMember {
  readonly name: string | symbol;
  readonly isStatic: boolean;
  /** Undefined until a static field has its value. */
  value: Task | undefined;
  /** Undefined: no task. */
  weight: number | undefined;
  readonly tags: Set<string>;
  transitions: readonly (readonly [name: string, weight: number])[] | undefined;
}

/** Node 20 has no `Symbol.metadata`; compilers then fall back on this one, if it is there when the class is made. */
if (!Reflect.has(Symbol, 'metadata')) {
  Object.defineProperty(Symbol, 'metadata', { value: Symbol.for('Symbol.metadata') });
}

const membersKey = Symbol('tsload declared members');
const tagsOf = new WeakMap<object, Set<string>>();

/** The record of the member that a decorator stands on, made when it is the first one there. */
export function declaredMember(context: MemberContext): DeclaredMember {
  const members = ownMembers(context.metadata) ?? [];
  if (members.length === 0) Object.defineProperty(context.metadata, membersKey, { value: members });
  const name = context.name ?? '';
  const isStatic = context.static === true;
  const known = members.find((member) => member.name === name && member.isStatic === isStatic);
  if (known !== undefined) return known;
  const member = {
    name,
    isStatic,
    value: undefined,
    weight: undefined,
    tags: new Set<string>(),
    transitions: undefined,
  };
  members.push(member);
  return member;
}

/** The members that a class itself declares with decorators: methods in their order, then static fields. */
export function declaredMembersOf(owner: object): readonly DeclaredMember[] {
  if (!Object.hasOwn(owner, Symbol.metadata)) return [];
  const metadata: unknown = Reflect.get(owner, Symbol.metadata);
  return (typeof metadata === 'object' && metadata !== null && ownMembers(metadata)) || [];
}

function ownMembers(metadata: object): DeclaredMember[] | undefined {
  return Object.hasOwn(metadata, membersKey) ? Reflect.get(metadata, membersKey) : undefined;
}

/** Adds tags to a function or class itself: they hold wherever it is a task. */
export function addTags(tagged: object, tags: readonly string[]): void {
  const known = tagsOf.get(tagged) ?? new Set();
  for (const name of tags) known.add(name);
  tagsOf.set(tagged, known);
}

/** The tags of a function or class itself. */
export function ownTags(tagged: object): ReadonlySet<string> {
  return tagsOf.get(tagged) ?? noTags;
}

const noTags: ReadonlySet<string> = new Set();
