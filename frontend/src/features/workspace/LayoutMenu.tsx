// The grid of charts, what they share, and layouts saved by name.
import { type FormEvent, useState } from "react";
import { useStore } from "zustand";
import { Menu, MenuCheck, MenuChoice, MenuHeading, MenuItem } from "@/components/Menu";
import { GRIDS, type Grid, SYNC_ASPECTS, type SyncAspect } from "./workspace";
import type { WorkspaceStore } from "./workspace-store";

const GRID_NAMES: Record<Grid, string> = {
  "1": "1",
  "2": "2 side by side",
  "2v": "2 stacked",
  "4": "4",
};
const ASPECT_NAMES: Record<SyncAspect, string> = {
  symbol: "Symbol",
  timeframe: "Interval",
  crosshair: "Crosshair",
  range: "Time range",
};

export function LayoutMenu({ store }: { readonly store: WorkspaceStore }) {
  const { grid, sync, saved, chooseGrid, change, open, remove } = useStore(store);
  return (
    <Menu label="Layout" name="Layout">
      {(close) => (
        <>
          <MenuChoice
            name="grid"
            legend="Charts"
            chosen={grid}
            options={GRIDS.map((value) => ({ value, label: GRID_NAMES[value] }))}
            onChoose={(value) => chooseGrid(value as Grid)}
          />
          <MenuHeading>Charts share</MenuHeading>
          {SYNC_ASPECTS.map((aspect) => (
            <MenuCheck
              key={aspect}
              label={ASPECT_NAMES[aspect]}
              isOn={sync[aspect]}
              onChange={(isOn) => change({ sync: { ...sync, [aspect]: isOn } })}
            />
          ))}
          <MenuHeading>Saved layouts</MenuHeading>
          {Object.keys(saved).map((name) => (
            <div key={name} className="flex items-center">
              <MenuItem
                onPress={() => {
                  open(name);
                  close();
                }}
              >
                {name}
              </MenuItem>
              <button
                type="button"
                aria-label={`Delete layout ${name}`}
                className="button"
                onClick={() => remove(name)}
              >
                ×
              </button>
            </div>
          ))}
          <SaveForm store={store} />
        </>
      )}
    </Menu>
  );
}

function SaveForm({ store }: { readonly store: WorkspaceStore }) {
  const [name, setName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") store.getState().save(name.trim());
    setName("");
  };
  return (
    <form onSubmit={submit} className="flex gap-1 px-2 py-1">
      <input
        value={name}
        maxLength={40}
        aria-label="Name of the layout"
        placeholder="Save as…"
        onChange={(event) => setName(event.target.value)}
        className="field"
      />
      <button type="submit" className="button">
        Save
      </button>
    </form>
  );
}
