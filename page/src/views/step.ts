import type { Data } from "../data/model.js";
import { go, notice, point } from "../state.js";

/** Goes to the transaction before or after the point. */
export async function step(data: Data, by: "back" | "on"): Promise<void> {
  const from = point.value?.zxid;
  if (from === undefined) return;
  const { transaction } = await data.ask("near", { zxid: from, by });
  if (transaction) go({ at: transaction.zxid }, true);
  else notice.value = by === "back" ? "this is the first transaction" : "this is the last transaction";
}
