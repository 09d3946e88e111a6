// Made by `tsload proto types library.proto`: make it anew when the .proto changes.
import type { GrpcMethod, GrpcService } from 'tsload';

/** Lends books: all four kinds of call, and every kind of field. */
export declare const Library: GrpcService<{
  /** One book by its id. */
  readonly getBook: GrpcMethod<'unary', BookRequestInit, Book>;
  readonly listBooks: GrpcMethod<'serverStream', ListRequestInit, Book>;
  readonly addBooks: GrpcMethod<'clientStream', BookInit, Summary>;
  readonly chat: GrpcMethod<'bidi', NoteInit, Note>;
}>;

export declare const Doors: GrpcService<{
  readonly open: GrpcMethod<'unary', BookRequestInit, Summary>;
}>;

export interface BookRequest {
  readonly bookId: number;
  readonly readerName?: string;
  /** What the server is to do instead of answering. */
  readonly behaviour: string;
}

/** {@link BookRequest}, to be sent. */
export interface BookRequestInit {
  readonly bookId?: number | bigint | string | null | undefined;
  readonly readerName?: string | null | undefined;
  readonly behaviour?: string | null | undefined;
}

export interface Book {
  readonly id: number;
  readonly title: string;
  readonly genre: Genre;
  readonly authors: readonly string[];
  readonly copiesByCity: { readonly [key: string]: number };
  readonly pages: { readonly [key: string]: Page };
  readonly place: shelf_Place | null;
  readonly hardCover?: boolean;
  readonly paper?: Book_Paper;
  readonly printedAt: google_protobuf_Timestamp | null;
  readonly cover: Uint8Array;
  readonly price: number;
  readonly chapters: readonly Page[];
  readonly edition?: number;
  readonly codes: readonly number[];
  readonly isbn: number;
  /** Which of them was sent. */
  readonly binding?: 'hardCover' | 'paper';
}

/** {@link Book}, to be sent. */
export interface BookInit {
  readonly id?: number | bigint | string | null | undefined;
  readonly title?: string | null | undefined;
  readonly genre?: Genre | number | null | undefined;
  readonly authors?: readonly string[] | null | undefined;
  readonly copiesByCity?: { readonly [key: string]: number } | null | undefined;
  readonly pages?: { readonly [key: string]: PageInit } | null | undefined;
  readonly place?: shelf_PlaceInit | null | undefined;
  readonly hardCover?: boolean | null | undefined;
  readonly paper?: Book_PaperInit | null | undefined;
  readonly printedAt?: google_protobuf_TimestampInit | null | undefined;
  readonly cover?: Uint8Array | string | null | undefined;
  readonly price?: number | null | undefined;
  readonly chapters?: readonly PageInit[] | null | undefined;
  readonly edition?: number | null | undefined;
  readonly codes?: readonly (number | bigint | string)[] | null | undefined;
  readonly isbn?: number | bigint | string | null | undefined;
  readonly binding?: 'hardCover' | 'paper' | undefined;
}

export interface Page {
  readonly text: string;
  readonly next: Page | null;
}

/** {@link Page}, to be sent. */
export interface PageInit {
  readonly text?: string | null | undefined;
  readonly next?: PageInit | null | undefined;
}

export interface shelf_Place {
  readonly room: string;
  readonly row: number;
}

/** {@link shelf_Place}, to be sent. */
export interface shelf_PlaceInit {
  readonly room?: string | null | undefined;
  readonly row?: number | null | undefined;
}

export interface Book_Paper {
  readonly weight: number;
}

/** {@link Book_Paper}, to be sent. */
export interface Book_PaperInit {
  readonly weight?: number | null | undefined;
}

export interface google_protobuf_Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

/** {@link google_protobuf_Timestamp}, to be sent. */
export interface google_protobuf_TimestampInit {
  readonly seconds?: number | bigint | string | null | undefined;
  readonly nanos?: number | null | undefined;
}

export interface ListRequest {
  readonly count: number;
  readonly pauseMs: number;
  readonly behaviour: string;
}

/** {@link ListRequest}, to be sent. */
export interface ListRequestInit {
  readonly count?: number | null | undefined;
  readonly pauseMs?: number | null | undefined;
  readonly behaviour?: string | null | undefined;
}

export interface Summary {
  readonly received: number;
  readonly bytes: number;
}

/** {@link Summary}, to be sent. */
export interface SummaryInit {
  readonly received?: number | null | undefined;
  readonly bytes?: number | bigint | string | null | undefined;
}

export interface Note {
  readonly text: string;
  readonly number: number;
}

/** {@link Note}, to be sent. */
export interface NoteInit {
  readonly text?: string | null | undefined;
  readonly number?: number | null | undefined;
}

export type Genre = 'UNKNOWN' | 'FICTION' | 'SCIENCE';
