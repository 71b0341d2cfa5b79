// Entry of the page: spend a login code before anything is drawn, then hand over to React.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { isWorthRetrying } from "@/api/problem";
import { App } from "@/app/App";
import { signInByAddress } from "@/app/session";
import "@/app/styles.css";

signInByAddress();
// A login link opened in a tab that already shows the page changes only the fragment.
window.addEventListener("hashchange", signInByAddress);

const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: (failures, error) => failures < 2 && isWorthRetrying(error) },
  },
});

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no root element.");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
