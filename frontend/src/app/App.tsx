// The gate: with a session the trading desk, without one the way to get it.
import { useStore } from "zustand";
import { SignInScreen } from "@/features/session/SignInScreen";
import { sessionStore } from "./session";
import { TradingDesk } from "./TradingDesk";

export function App() {
  const { status, reason, signOut } = useStore(sessionStore);
  if (status === "signed-in") return <TradingDesk onSignOut={() => void signOut()} />;
  return <SignInScreen status={status} reason={reason} />;
}
