// The view as a picture, a file, or a request to be repeated elsewhere.
import { useState } from "react";
import { api, bodyOf } from "@/api/client";
import { describeProblem } from "@/api/problem";
import { Menu, MenuChoice, MenuHeading, MenuItem } from "@/components/Menu";
import { secondsOf } from "@/lib/timeframe";
import {
  curlOf,
  exportQuery,
  FORMATS,
  type Format,
  fileName,
  pythonOf,
  type Shown,
  SUFFIXES,
} from "./export-request";

const FORMAT_NAMES: Record<Format, string> = { csv: "CSV", json: "JSON lines", parquet: "Parquet" };

interface Props {
  readonly shown: () => Shown;
  readonly picture: () => HTMLCanvasElement | null;
}

export function ExportMenu({ shown, picture }: Props) {
  const [reach, setReach] = useState("view");
  const [said, setSaid] = useState("");
  const attempt = (done: string, act: () => Promise<void>) => () => {
    setSaid("…");
    act().then(
      () => setSaid(done),
      (error: unknown) => setSaid(describeProblem(error).detail ?? describeProblem(error).title),
    );
  };
  const copy = (text: string) => navigator.clipboard.writeText(text);
  const { origin } = window.location;
  return (
    <Menu label="Export" name="Export">
      {() => (
        <>
          <MenuItem onPress={attempt("Saved.", () => savePicture(picture(), shown()))}>
            Picture (PNG)
          </MenuItem>
          <MenuHeading>Bars</MenuHeading>
          <MenuChoice
            name="reach"
            legend="From"
            chosen={reach}
            options={[
              { value: "view", label: "this view" },
              { value: "all", label: "the beginning" },
            ]}
            onChoose={setReach}
          />
          {FORMATS.map((format) => (
            <MenuItem
              key={format}
              onPress={attempt("Saved.", () => saveBars(shown(), format, reach === "all"))}
            >
              {FORMAT_NAMES[format]}
            </MenuItem>
          ))}
          <MenuHeading>Copy this view</MenuHeading>
          <MenuItem
            onPress={attempt("Copied.", () =>
              copy(curlOf(origin, shown(), secondsOf(shown().timeframe))),
            )}
          >
            as curl
          </MenuItem>
          <MenuItem onPress={attempt("Copied.", () => copy(pythonOf(origin, shown())))}>
            as Python
          </MenuItem>
          <p role="status" className="min-h-6 max-w-52 px-2 pt-1 text-muted">
            {said}
          </p>
        </>
      )}
    </Menu>
  );
}

async function saveBars(shown: Shown, format: Format, isAll: boolean): Promise<void> {
  const params = { path: { symbol: shown.symbol }, query: exportQuery(shown, format, isAll) };
  const file = await bodyOf(api.GET("/api/v1/export/{symbol}", { params, parseAs: "blob" }));
  if (file instanceof Blob) save(file, fileName(shown, SUFFIXES[format]));
}

async function savePicture(canvas: HTMLCanvasElement | null, shown: Shown): Promise<void> {
  const picture = await new Promise<Blob | null>((done) => {
    if (canvas === null) done(null);
    else canvas.toBlob(done, "image/png");
  });
  if (picture === null) throw new Error("There is no chart to take a picture of.");
  save(picture, fileName(shown, "png"));
}

function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken it over by then.
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
