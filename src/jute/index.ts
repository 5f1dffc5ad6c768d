/// <reference types="node" preserve="true" />
export { JuteReader } from "./reader.js";
export { JuteWriter } from "./writer.js";
