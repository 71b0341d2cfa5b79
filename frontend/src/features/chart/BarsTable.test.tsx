// The table says what the chart has drawn, in the instrument's own precision.
import { cleanup, render, screen } from "@testing-library/react";
import { act } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { priceFormatter, sizeFormatter } from "@/lib/format";
import { bar, feedDownBar } from "@/testing/bars";
import { BarsTable } from "./BarsTable";
import { createChartStore } from "./chart-store";

afterEach(cleanup);

function renderTable() {
  const store = createChartStore();
  render(
    <BarsTable
      store={store}
      caption="Latest bars"
      formatPrice={priceFormatter(0.01)}
      formatSize={sizeFormatter(0.001)}
      isShown={false}
      zone="UTC"
      plots={[]}
    />,
  );
  return store;
}

function shownRows(): string[][] {
  const rows = [...screen.getByTestId("bars-table").querySelectorAll("tbody tr")];
  return rows.map((row) => [...row.children].map((cell) => cell.textContent ?? ""));
}

describe("the table of bars", () => {
  it("has the newest bar on top", () => {
    const store = renderTable();
    act(() => store.setState({ latestBars: [bar(0), bar(60, { closed: false, trades: 1234 })] }));
    expect(shownRows()).toEqual([
      ["1970-01-01 00:01", "100.00", "110.00", "90.00", "105.00", "12.000", "1,234", "forming"],
      ["1970-01-01 00:00", "100.00", "110.00", "90.00", "105.00", "12.000", "3", "complete"],
    ]);
  });

  it("has dashes and the reason where the feed was down", () => {
    const store = renderTable();
    act(() => store.setState({ latestBars: [feedDownBar(0)] }));
    expect(shownRows()).toEqual([["1970-01-01 00:00", "—", "—", "—", "—", "—", "0", "feed down"]]);
  });

  it("names itself to screen readers even while it is hidden", () => {
    renderTable();
    expect(screen.getByRole("table", { name: "Latest bars" })).toBeTruthy();
  });
});
