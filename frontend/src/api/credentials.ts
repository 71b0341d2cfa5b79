// Where the tokens of the session live: in memory, and in sessionStorage so that a reload of the
// tab keeps the session while closing it ends it. Everything that talks to the server asks here.
import { asObject, asText, parseJson } from "@/lib/json";

const STORAGE_KEY = "tickloom.session";

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export type LossListener = (reason: string) => void;

export class Credentials {
  private tokens: Tokens | null;
  private readonly lossListeners = new Set<LossListener>();

  constructor(private readonly storage: Storage) {
    this.tokens = readStored(storage);
  }

  current(): Tokens | null {
    return this.tokens;
  }

  save(tokens: Tokens): void {
    this.tokens = tokens;
    this.storage.setItem(STORAGE_KEY, JSON.stringify(tokens));
  }

  forget(): void {
    this.tokens = null;
    this.storage.removeItem(STORAGE_KEY);
  }

  /** The server no longer accepts the tokens: forget them and say why. */
  lose(reason: string): void {
    this.forget();
    for (const listener of this.lossListeners) listener(reason);
  }

  onLoss(listener: LossListener): () => void {
    this.lossListeners.add(listener);
    return () => this.lossListeners.delete(listener);
  }
}

export function parseTokens(value: unknown): Tokens | null {
  const raw = asObject(value);
  const accessToken = asText(raw?.access_token);
  const refreshToken = asText(raw?.refresh_token);
  return accessToken === null || refreshToken === null ? null : { accessToken, refreshToken };
}

function readStored(storage: Storage): Tokens | null {
  const raw = asObject(parseJson(storage.getItem(STORAGE_KEY) ?? ""));
  const accessToken = asText(raw?.accessToken);
  const refreshToken = asText(raw?.refreshToken);
  return accessToken === null || refreshToken === null ? null : { accessToken, refreshToken };
}
