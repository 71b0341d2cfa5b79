// Fails the build when what the browser loads first grows beyond 180 kB gzip: features belong in chunks of their own.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MOST_BYTES = 180_000;

const page = readFileSync("dist/index.html", "utf8");
const files = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map(
  ([, file]) => file,
);
const sizes = files.map((file) => [file, gzipSync(readFileSync(`dist/${file}`)).length]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
if (total > MOST_BYTES) {
  const told = sizes.map(([file, size]) => `${file} ${size}`).join(", ");
  console.error(`the page loads ${total} bytes first, above ${MOST_BYTES}: ${told}`);
  process.exit(1);
}
console.log(`the page loads ${total} of ${MOST_BYTES} bytes first`);
