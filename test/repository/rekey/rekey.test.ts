import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect, test } from "vitest";
import { identitiesOf, recipientsFile } from "../../../src/repository/crypt/index.js";
import { rekey } from "../../../src/repository/rekey/rekey.js";
import { FolderStore } from "../../../src/repository/store/folder.js";
import { zkrewind } from "../../cli/run.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

async function pair(name: string): Promise<{ identity: string; recipients: string }> {
  const secret = await generateX25519Identity();
  const [identity, recipients] = [join(folder(), `${name}.key`), join(folder(), `${name}.pub`)];
  writeFileSync(identity, `${secret}\n`, { mode: 0o600 });
  writeFileSync(recipients, `${await identityToRecipient(secret)}\n`);
  return { identity, recipients };
}

function done(...args: string[]): string {
  const { code, stdout, stderr } = zkrewind(args);
  expect(code, `${args.join(" ")}: ${stderr}`).toBe(0);
  return stdout + stderr;
}

test("after a rekey, interrupted twice, the new key reads all of it, the old one nothing new, and another run finds it done", async () => {
  const [before, after] = [await pair("old"), await pair("new")];
  const repository = join(folder(), "r");
  const source = fixtureDir("3.8.6-standalone");
  done("backup", "init", repository);
  done("backup", "run", source, "--repo", repository, "--recipients-file", before.recipients);
  const options = {
    identities: await identitiesOf([before.identity]),
    recipients: await recipientsFile(after.recipients),
    pinned: new Set<never>(),
    signer: null,
  };
  for (const most of [3, 6]) {
    const store = new FolderStore(repository);
    const put = store.put.bind(store);
    let puts = 0;
    store.put = (...args) => (puts++ < most ? put(...args) : Promise.reject(new Error("killed")));
    await expect(rekey(store, options)).rejects.toThrow("killed");
    done("diff", repository, source, "--identity", before.identity);
  }
  const rekeyed = ["backup", "rekey", repository, "--identity", before.identity, "--recipients-file", after.recipients];
  expect(done(...rekeyed)).toMatch(
    /\d+ objects encrypted to the new recipients, [4-9] by an earlier run[\s\S]*stay readable to the old/,
  );
  expect(done("diff", repository, source, "--identity", after.identity)).toContain("nothing differs");
  expect(zkrewind(["ls", repository, "/", "--identity", before.identity]).code).toBe(3);
  done("backup", "verify", repository, "--deep", "--identity", after.identity);
  // What runs after that goes on from it.
  done("backup", "run", source, "--repo", repository, "--recipients-file", after.recipients);
  expect(done("diff", repository, source, "--identity", after.identity)).toContain("nothing differs");
});
