// The alerts with what can be done to them; a change shows at once, as the server has it.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  type Alert,
  alertsQuery,
  createAlert,
  type Definition,
  removeAlert,
  replaceAlert,
} from "./alerts-api";

const NO_ALERTS: readonly Alert[] = [];

export function useAlerts() {
  const { data, error, isPending, refetch } = useQuery(alertsQuery);
  return { alerts: data ?? NO_ALERTS, error, isPending, refetch };
}

type Change =
  | { readonly kind: "save"; readonly id: number | null; readonly definition: Definition }
  | { readonly kind: "remove"; readonly id: number };

export function useAlertChange() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: Change) => {
      if (change.kind === "remove") return removeAlert(change.id);
      const { id, definition } = change;
      return id === null ? createAlert(definition) : replaceAlert(id, definition);
    },
    // Also after a failure: a line that was dragged goes back to where the server has it.
    onSettled: () => client.invalidateQueries({ queryKey: alertsQuery.queryKey }),
  });
}
