import { render } from "preact";
import { App } from "./app.js";
import { LiveData } from "./data/live.js";
import { begin, follow } from "./state.js";

const root = document.getElementById("app");
const data = new LiveData();
follow();
begin(data);
if (root) render(<App data={data} title="zkrewind explorer" />, root);
