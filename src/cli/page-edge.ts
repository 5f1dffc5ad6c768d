import type { Edge } from "../explorer/edge.js";
import { tag } from "../text/message.js";
import { redactedPage, redactor, said } from "./redaction.js";

/** How a page's text leaves: redacted where the run is. */
export const PAGE_EDGE: Edge = {
  say: (message) => said(message),
  json: (text) => redactedPage(text),
  name: (text) => redactor()?.tagged(tag.name(text)) ?? text,
  data: (bytes) => redactor()?.data(bytes) ?? bytes,
};
