// The tools of the desk: indicators, comparing, layout and settings.
import { lazy, Suspense } from "react";
import { useStore } from "zustand";
import { SettingsMenu } from "@/features/settings/SettingsMenu";
import { LayoutMenu } from "@/features/workspace/LayoutMenu";
import { pictureNow, shownNow } from "./exporting";
import { openDialog, togglePanel, usePageState } from "./page-state";
import { replay, toggleReplay } from "./replay";
import { workspace } from "./workspace";

const ExportMenu = lazy(async () => ({
  default: (await import("@/features/export/ExportMenu")).ExportMenu,
}));

export function DeskTools() {
  const { zone, isTruthShown, change } = useStore(workspace);
  const isReplaying = useStore(replay, ({ until }) => until !== null);
  const panel = usePageState((state) => state.panel);
  return (
    <div className="flex flex-wrap items-center gap-1">
      <button
        type="button"
        className="button"
        onClick={() => openDialog({ kind: "indicators" })}
        title="Indicators (Alt+I)"
      >
        Indicators
      </button>
      <button
        type="button"
        className="button"
        onClick={() => openDialog({ kind: "compare" })}
        title="Compare symbols (Alt+C)"
      >
        Compare
      </button>
      <button
        type="button"
        className="button"
        aria-pressed={panel === "truth"}
        onClick={() => togglePanel("truth")}
        title="Scores, gaps and revisions (Alt+H)"
      >
        Trust
      </button>
      <button
        type="button"
        className="button"
        aria-pressed={panel === "alerts"}
        onClick={() => togglePanel("alerts")}
        title="Alerts (Alt+A)"
      >
        Alerts
      </button>
      <button
        type="button"
        className="button"
        aria-pressed={isReplaying}
        onClick={toggleReplay}
        title="The market again, bar by bar (Alt+R)"
      >
        Replay
      </button>
      <Suspense>
        <ExportMenu shown={shownNow} picture={pictureNow} />
      </Suspense>
      <LayoutMenu store={workspace} />
      <SettingsMenu
        zone={zone}
        isTruthShown={isTruthShown}
        onZone={(chosen) => change({ zone: chosen })}
        onTruth={(isShown) => change({ isTruthShown: isShown })}
      />
      <button
        type="button"
        className="button"
        aria-label="Keyboard help"
        onClick={() => openDialog({ kind: "help" })}
      >
        ?
      </button>
    </div>
  );
}
