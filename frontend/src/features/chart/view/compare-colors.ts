// The colours of compared symbols, apart from the layer that draws them with the chart library.
export const COMPARE_COLORS = ["two", "four", "three", "six"] as const;
