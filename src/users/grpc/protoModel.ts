/**
 * What a .proto file's services send and receive, as plain data with every name resolved: what types are made from. Names are
 * those that tests use.
 */
import type { Enum, Field, ReflectionObject, Root, Service, Type } from 'protobufjs';
import { protobuf } from './lazy.js';
import type { ProtoFile } from './protoFile.js';
import { methodName, withFieldNames } from './protoNames.js';
import { type CallKind, callKind } from './service.js';

export type ValueType =
  | { readonly kind: 'scalar'; readonly name: string }
  | { readonly kind: 'message' | 'enum'; readonly fullName: string };

export interface FieldModel {
  readonly name: string;
  readonly comment: string | undefined;
  readonly value: ValueType;
  readonly shape: 'single' | 'list' | 'map';
  /**
   * Of a single value, whether it is there in a received message: always; null when it was not sent; or absent then.
   * Required: must be sent.
   */
  readonly presence: 'always' | 'null' | 'absent' | 'required';
}

export interface OneofModel {
  readonly name: string;
  readonly members: readonly string[];
}

export interface MessageModel {
  readonly fullName: string;
  readonly comment: string | undefined;
  readonly fields: readonly FieldModel[];
  readonly oneofs: readonly OneofModel[];
}

export interface EnumModel {
  readonly fullName: string;
  readonly comment: string | undefined;
  readonly values: readonly string[];
}

export interface MethodModel {
  readonly name: string;
  readonly comment: string | undefined;
  readonly kind: CallKind;
  readonly request: string;
  readonly response: string;
}

export interface ServiceModel {
  readonly fullName: string;
  readonly comment: string | undefined;
  readonly methods: readonly MethodModel[];
}

/** The services of a file, and every message and enum that they reach, in the order in which they are met. */
export interface ProtoModel {
  readonly services: readonly ServiceModel[];
  readonly messages: readonly MessageModel[];
  readonly enums: readonly EnumModel[];
}

export function protoModel({ root, services }: ProtoFile): ProtoModel {
  const renamed = protobuf().Root.fromJSON(withFieldNames({ ...root.toJSON({ keepComments: true }) }));
  return new ModelMaker(renamed).make(services);
}

class ModelMaker {
  readonly #messages = new Map<Type, MessageModel>();
  readonly #enums = new Map<Enum, EnumModel>();

  constructor(private readonly root: Root) {}

  make(names: readonly string[]): ProtoModel {
    const services = names.map((name) => this.#service(this.root.lookupService(name)));
    return { services, messages: [...this.#messages.values()], enums: [...this.#enums.values()] };
  }

  #service(service: Service): ServiceModel {
    const methods = service.methodsArray.map((method) => {
      method.resolve();
      const { resolvedRequestType: request, resolvedResponseType: response } = method;
      if (request === null || response === null) throw new TypeError(`${method.fullName} is not resolved`);
      this.#reach(request);
      this.#reach(response);
      return {
        name: methodName(method.name),
        comment: commentOf(method),
        kind: callKind(method.requestStream === true, method.responseStream === true),
        request: fullNameOf(request),
        response: fullNameOf(response),
      };
    });
    return { fullName: fullNameOf(service), comment: commentOf(service), methods };
  }

  #reach(type: Type): void {
    if (this.#messages.has(type)) return;
    const model = { fullName: fullNameOf(type), comment: commentOf(type), oneofs: oneofsOf(type) };
    this.#messages.set(type, { ...model, fields: [] }); // a message may contain itself
    this.#messages.set(type, { ...model, fields: type.fieldsArray.map((field) => this.#field(field)) });
  }

  #field(field: Field): FieldModel {
    const { resolvedType } = field.resolve();
    const isMap = field instanceof protobuf().MapField;
    return {
      name: field.name,
      comment: commentOf(field),
      value: this.#value(field, resolvedType),
      shape: isMap ? 'map' : field.repeated ? 'list' : 'single',
      presence: presenceOf(field),
    };
  }

  #value(field: Field, resolved: Type | Enum | null): ValueType {
    const { Enum, Type } = protobuf();
    if (resolved instanceof Type) {
      this.#reach(resolved);
      return { kind: 'message', fullName: fullNameOf(resolved) };
    }
    if (!(resolved instanceof Enum)) return { kind: 'scalar', name: field.type };
    const values = Object.keys(resolved.values);
    this.#enums.set(resolved, { fullName: fullNameOf(resolved), comment: commentOf(resolved), values });
    return { kind: 'enum', fullName: fullNameOf(resolved) };
  }
}

function presenceOf(field: Field): FieldModel['presence'] {
  if (field.required) return 'required';
  if (field.partOf !== null) return 'absent';
  return field.resolvedType instanceof protobuf().Type ? 'null' : 'always';
}

function oneofsOf(type: Type): OneofModel[] {
  const real = type.oneofsArray.filter((oneof) => !oneof.isProto3Optional);
  return real.map(({ name, oneof }) => ({ name, members: oneof }));
}

function commentOf({ comment }: ReflectionObject): string | undefined {
  return comment === null || comment === '' ? undefined : comment;
}

function fullNameOf({ fullName }: ReflectionObject): string {
  return fullName.slice(1);
}
