// The structure as a test: shared -> features -> app, and features never import one another.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SOURCE = resolve("src");
const SHARED = ["components", "lib", "api", "testing"];
const LONGEST_COMPONENT_LINES = 200;

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) =>
  /\.tsx?$/.test(name),
);

/** The part of the structure a file belongs to: "shared", "features/chart", "app" or "entry". */
function partOf(file: string): string {
  const [top = "", second = ""] = file.split("/");
  if (SHARED.includes(top)) return "shared";
  if (top === "features") return `features/${second}`;
  return top === "app" ? "app" : "entry";
}

function mayImport(importer: string, imported: string): boolean {
  if (importer === imported || imported === "shared" || importer === "entry") return true;
  return importer === "app" && imported.startsWith("features/");
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(SOURCE, file), "utf8");
  const paths = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    ([, path]) => path ?? "",
  );
  return paths.filter((path) => /^[.@]\.?\//.test(path)).map((path) => pathInSource(file, path));
}

function pathInSource(file: string, path: string): string {
  if (path.startsWith("@/")) return path.slice(2);
  return relative(SOURCE, resolve(SOURCE, dirname(file), path));
}

describe("the structure of the source", () => {
  it("lets imports flow from shared over features to the app only", () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((imported) => !mayImport(partOf(file), partOf(imported)))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });

  it("would notice a feature that imports another", () => {
    expect(mayImport(partOf("features/chart/a.ts"), partOf("features/session/b.ts"))).toBe(false);
    expect(mayImport(partOf("lib/a.ts"), partOf("features/session/b.ts"))).toBe(false);
    expect(mayImport(partOf("features/chart/a.ts"), partOf("app/b.ts"))).toBe(false);
    expect(mayImport(partOf("app/a.ts"), partOf("features/chart/b.ts"))).toBe(true);
  });

  it("has no barrel files", () => {
    expect(files.filter((file) => /(^|\/)index\.tsx?$/.test(file))).toEqual([]);
  });

  it("keeps every component short enough to read at once", () => {
    const long = files.filter(
      (file) =>
        file.endsWith(".tsx") &&
        readFileSync(join(SOURCE, file), "utf8").split("\n").length > LONGEST_COMPONENT_LINES,
    );
    expect(long).toEqual([]);
  });

  it("says at the top of every module why it exists", () => {
    const silent = files.filter(
      (file) =>
        file !== "api/schema.d.ts" &&
        !/^(\/\/|\/\*)/.test(readFileSync(join(SOURCE, file), "utf8")),
    );
    expect(silent).toEqual([]);
  });
});
