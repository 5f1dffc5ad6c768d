import { base } from "./base.js";
import type { ServerCase } from "./cases.js";
import { DATA, type Files } from "./files.js";

interface Epochs {
  currentEpoch?: string;
  acceptedEpoch?: string;
  "currentEpoch.tmp"?: string;
  "acceptedEpoch.tmp"?: string;
  updatingEpoch?: string;
}

const epochs = (name: string, title: string, texts: Epochs): ServerCase => ({
  name,
  title,
  files: () => withEpochs(texts),
});

export const EPOCH_CASES: readonly ServerCase[] = [
  epochs("epochs-missing", "no epoch file", {}),
  epochs("current-missing", "no currentEpoch", { acceptedEpoch: "2" }),
  epochs("accepted-missing", "no acceptedEpoch", { currentEpoch: "2" }),
  epochs("accepted-missing-current-ahead", "no acceptedEpoch, currentEpoch above the last zxid's", {
    currentEpoch: "5",
  }),
  epochs("epochs-ahead", "both epochs above the last zxid's", { currentEpoch: "5", acceptedEpoch: "9" }),
  epochs("current-behind", "currentEpoch below the last zxid's", { currentEpoch: "1", acceptedEpoch: "2" }),
  epochs("accepted-behind", "acceptedEpoch below currentEpoch", { currentEpoch: "2", acceptedEpoch: "1" }),
  epochs("current-empty", "currentEpoch is empty", { currentEpoch: "", acceptedEpoch: "2" }),
  epochs("current-text", "currentEpoch is not a number", { currentEpoch: "two", acceptedEpoch: "2" }),
  epochs("current-hex", "currentEpoch is hexadecimal", { currentEpoch: "0x2", acceptedEpoch: "2" }),
  epochs("current-space", "currentEpoch has a space behind the number", { currentEpoch: "2 ", acceptedEpoch: "2" }),
  epochs("current-lines", "currentEpoch has more lines", { currentEpoch: "2\r\nthree\n", acceptedEpoch: "2\n" }),
  epochs("current-zeros", "currentEpoch holds zero bytes", { currentEpoch: "\0", acceptedEpoch: "2" }),
  epochs("current-large", "currentEpoch is larger than a long", {
    currentEpoch: "9999999999999999999",
    acceptedEpoch: "2",
  }),
  epochs("current-newline", "currentEpoch begins with an empty line", { currentEpoch: "\n2\n", acceptedEpoch: "2" }),
  epochs("current-space-before", "currentEpoch has a space before the number", {
    currentEpoch: " 2",
    acceptedEpoch: "2",
  }),
  epochs("current-blank", "currentEpoch is a space", { currentEpoch: " ", acceptedEpoch: "2" }),
  epochs("current-plus", "currentEpoch is +2", { currentEpoch: "+2", acceptedEpoch: "2" }),
  epochs("current-negative", "currentEpoch is -1", { currentEpoch: "-1", acceptedEpoch: "2" }),
  epochs("current-bom", "currentEpoch begins with a byte order mark", {
    currentEpoch: "\u{feff}2",
    acceptedEpoch: "2",
  }),
  epochs("current-text-alone", "currentEpoch is not a number, and there is no acceptedEpoch", { currentEpoch: "two" }),
  epochs("accepted-text", "acceptedEpoch is not a number", { currentEpoch: "2", acceptedEpoch: "two" }),
  epochs("accepted-newline", "acceptedEpoch ends in a line's end", { currentEpoch: "2\n", acceptedEpoch: "2\n" }),
  epochs("accepted-blank", "acceptedEpoch is a space", { currentEpoch: "2", acceptedEpoch: " " }),
  epochs("accepted-text-alone", "acceptedEpoch is not a number, and there is no currentEpoch", {
    acceptedEpoch: "two",
  }),
  epochs("epochs-empty", "both epoch files are empty", { currentEpoch: "", acceptedEpoch: "" }),
  epochs("accepted-below-alone", "no currentEpoch, acceptedEpoch below the last zxid's epoch", { acceptedEpoch: "1" }),
  {
    name: "current-folder",
    title: "currentEpoch is a folder",
    files: () => withEpochs({ acceptedEpoch: "2" }).set(`${DATA}currentEpoch/`, Buffer.alloc(0)),
  },
  epochs("accepted-empty", "acceptedEpoch is empty", { currentEpoch: "2", acceptedEpoch: "" }),
  epochs("current-tmp", "currentEpoch below the last zxid's, currentEpoch.tmp of it", {
    currentEpoch: "1",
    acceptedEpoch: "2",
    "currentEpoch.tmp": "2",
  }),
  epochs("current-tmp-low", "currentEpoch and currentEpoch.tmp below the last zxid's", {
    currentEpoch: "0",
    acceptedEpoch: "2",
    "currentEpoch.tmp": "1",
  }),
  epochs("current-tmp-empty", "currentEpoch below the last zxid's, currentEpoch.tmp empty", {
    currentEpoch: "1",
    acceptedEpoch: "2",
    "currentEpoch.tmp": "",
  }),
  epochs("current-tmp-unneeded", "currentEpoch is right, currentEpoch.tmp is text", {
    currentEpoch: "2",
    acceptedEpoch: "2",
    "currentEpoch.tmp": "two",
  }),
  epochs("current-tmp-above-accepted", "currentEpoch.tmp above acceptedEpoch", {
    currentEpoch: "1",
    acceptedEpoch: "2",
    "currentEpoch.tmp": "3",
  }),
  epochs("accepted-tmp", "acceptedEpoch below currentEpoch, acceptedEpoch.tmp above", {
    currentEpoch: "2",
    acceptedEpoch: "1",
    "acceptedEpoch.tmp": "2",
  }),
  epochs("updating-epoch", "currentEpoch below the last zxid's, and updatingEpoch (3.4)", {
    currentEpoch: "1",
    acceptedEpoch: "2",
    updatingEpoch: "",
  }),
];

function withEpochs(texts: Epochs): Files {
  const files = new Map([...base()].filter(([path]) => !path.includes("Epoch")));
  for (const [name, text] of Object.entries(texts)) files.set(DATA + name, Buffer.from(text));
  return files;
}
