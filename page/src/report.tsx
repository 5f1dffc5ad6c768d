import { render } from "preact";
import { App } from "./app.js";
import { EmbeddedData } from "./data/embedded.js";
import { begin, follow, go, place } from "./state.js";

/** A report: the explorer's views over what is in the file. */
async function show(): Promise<void> {
  const root = document.getElementById("app");
  const data = await EmbeddedData.of(document.getElementById("data")?.textContent ?? "");
  follow();
  if (!data.has("children") && place.value.view === "tree") go({ view: "transactions" }, true);
  begin(data);
  if (root) render(<App data={data} title="zkrewind report" />, root);
}

void show();
