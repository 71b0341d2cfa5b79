// One store for each place of the grid, for the life of the page: what is outside a chart (header,
// keys, exports) reads the active one.
import { type ChartStore, createChartStore } from "@/features/chart/chart-store";

const stores = new Map<number, ChartStore>();

export function chartStoreOf(index: number): ChartStore {
  const store = stores.get(index) ?? createChartStore();
  stores.set(index, store);
  return store;
}
