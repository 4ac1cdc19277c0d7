// Stores one large blob after another until it is killed. Arguments: `directory FOLDER` or `nats URL BUCKET`.
import { connectBus, openDirectoryBlobStore, openNatsBlobStore } from "@easel/bus";

const [kind, where, bucket] = process.argv.slice(2);
const store =
  kind === "directory"
    ? await openDirectoryBlobStore({ folder: where })
    : await openNatsBlobStore(await connectBus({ servers: where, name: "writer" }), { bucket });
for (let i = 0; ; i += 1) {
  await store.put(new Uint8Array(24 * 1024 * 1024).fill(i % 251));
  console.log(`stored ${i}`);
}
