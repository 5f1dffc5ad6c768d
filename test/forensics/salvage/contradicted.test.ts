import { expect, test } from "vitest";
import { salvage } from "../../../src/forensics/salvage/salvage.js";
import { discover, rebuild, verify } from "../../../src/recovery/index.js";
import { Copy } from "../../recovery/exact/damaged.js";

test.each(["3.9.5-lastzxid-off", "3.4.14-standalone"])(
  "%s: a snapshot with another's content is rebuilt",
  async (fixture) => {
    using copy = new Copy(fixture);
    const { snapshots } = discover([copy.folder]);
    const truth = await rebuild(discover([copy.folder]));
    copy.replace(snapshots.at(-1)?.name ?? "", snapshots[1]?.name ?? "");
    const target = `${copy.folder}-saved`;
    const account = await salvage(discover([copy.folder]), target);
    expect(account.whole).toBe(true);
    expect(account.files.find(({ file }) => file === snapshots.at(-1)?.name)?.fate).toBe("rebuilt");
    const saved = discover([target]);
    expect((await verify(saved)).sound).toBe(true);
    expect((await rebuild(saved)).digest.value).toBe(truth.digest.value);
  },
);

test("one that nothing can stand in for is not copied, and that is said", async () => {
  using copy = new Copy("3.9.5-lastzxid-only");
  const name = discover([copy.folder]).snapshots.at(-1)?.name ?? "";
  copy.replace("snapshot.fffff", name);
  const target = `${copy.folder}-saved`;
  const account = await salvage(discover([copy.folder]), target);
  expect(account.whole).toBe(false);
  expect(account.files.find(({ file }) => file === "snapshot.fffff")).toMatchObject({ fate: "lost", output: null });
});
