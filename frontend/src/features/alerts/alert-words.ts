// What an alert waits for, in words.
import type { NumberFormatter } from "@/lib/format";
import type { Condition, Definition } from "./alerts-api";

export const CONDITION_NAMES: Record<Condition, string> = {
  PRICE_ABOVE: "Price rises above",
  PRICE_BELOW: "Price falls below",
  RSI_ABOVE: "RSI rises above",
  RSI_BELOW: "RSI falls below",
  MACD_CROSSOVER: "MACD crosses its signal",
  VOLUME_SPIKE: "Volume is more than so many times the average",
};

export function isPriceAlert({ condition }: Pick<Definition, "condition">): boolean {
  return condition === "PRICE_ABOVE" || condition === "PRICE_BELOW";
}

export function alertWords(definition: Definition, formatPrice: NumberFormatter): string {
  const { condition, threshold, timeframe } = definition;
  if (isPriceAlert(definition)) return `${CONDITION_NAMES[condition]} ${formatPrice(threshold)}`;
  if (condition === "MACD_CROSSOVER") return `${CONDITION_NAMES[condition]}, ${timeframe}`;
  if (condition === "VOLUME_SPIKE") return `Volume above ${threshold}× the average, ${timeframe}`;
  return `${CONDITION_NAMES[condition]} ${threshold}, ${timeframe}`;
}
