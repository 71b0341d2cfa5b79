// The desk of this browser: changed by the reader, kept in localStorage, saved under names.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { ChartView } from "@/lib/chart-view";
import { asObject, parseJson } from "@/lib/json";
import {
  CELLS_OF_GRID,
  type Cell,
  DEFAULT_CELL,
  DEFAULT_DESK,
  type Desk,
  type Grid,
  parseDesk,
} from "./workspace";

const STORAGE_KEY = "tickloom.workspace";

export interface Workspace extends Desk {
  readonly active: number;
  readonly saved: Readonly<Record<string, Desk>>;
  activate(index: number): void;
  change(change: Partial<Omit<Desk, "cells" | "grid">>): void;
  changeCell(index: number, change: Partial<Cell>): void;
  changeActive(change: Partial<ChartView>): void;
  chooseGrid(grid: Grid): void;
  save(name: string): void;
  open(name: string): void;
  remove(name: string): void;
}

export type WorkspaceStore = StoreApi<Workspace>;

export function createWorkspaceStore(storage: Storage): WorkspaceStore {
  const stored = asObject(parseJson(storage.getItem(STORAGE_KEY) ?? ""));
  const store = createStore<Workspace>((set, get) => ({
    ...(stored === null ? DEFAULT_DESK : parseDesk(stored.desk)),
    active: 0,
    saved: parseSaved(stored?.saved),
    activate: (active) => set({ active }),
    change: (change) => set(change),
    changeCell: (index, change) => set({ cells: changedCells(get(), index, change) }),
    changeActive: (change) => set({ cells: changedCells(get(), get().active, change) }),
    chooseGrid: (grid) => set(grownTo(get(), grid)),
    save: (name) => set({ saved: { ...get().saved, [name]: deskOf(get()) } }),
    open: (name) => {
      const desk = get().saved[name];
      if (desk !== undefined) set({ ...desk, active: 0 });
    },
    remove: (name) => {
      const { [name]: _, ...saved } = get().saved;
      set({ saved });
    },
  }));
  store.subscribe((state) => {
    // A full or forbidden storage must not break the chart; the layout then lasts for this visit.
    try {
      storage.setItem(STORAGE_KEY, JSON.stringify({ desk: deskOf(state), saved: state.saved }));
    } catch {}
  });
  return store;
}

/** A change of what is shared reaches every chart that is shown. */
function changedCells(desk: Workspace, index: number, change: Partial<Cell>): Cell[] {
  const shared: { -readonly [Key in keyof Cell]?: Cell[Key] } = {};
  if (desk.sync.symbol && change.symbol !== undefined) shared.symbol = change.symbol;
  if (desk.sync.timeframe && change.timeframe !== undefined) shared.timeframe = change.timeframe;
  return desk.cells.map((cell, at) => ({ ...cell, ...(at === index ? change : shared) }));
}

function grownTo(desk: Workspace, grid: Grid): Pick<Workspace, "grid" | "cells" | "active"> {
  const count = CELLS_OF_GRID[grid];
  const pattern = desk.cells[desk.active] ?? DEFAULT_CELL;
  const cells = [...desk.cells];
  while (cells.length < count) cells.push({ ...pattern, compare: [], range: null });
  return { grid, cells, active: Math.min(desk.active, count - 1) };
}

function deskOf({ grid, cells, sync, zone, isTruthShown, priceLines }: Desk): Desk {
  return { grid, cells, sync, zone, isTruthShown, priceLines };
}

function parseSaved(value: unknown): Record<string, Desk> {
  return Object.fromEntries(
    Object.entries(asObject(value) ?? {}).map(([name, desk]) => [name, parseDesk(desk)]),
  );
}
